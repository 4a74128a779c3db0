"""How long docmind takes to start with many chats: each time also without any, in turn."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pty_probe import FAST, Probe

from docmind.agents.chats.schema import chats_file
from fakes import FakeServer
from program import Program

PROMPT, KEY = "Ask about your documents", "@"
"""The key stands nowhere else on the screen."""


class Start(NamedTuple):
    """Milliseconds from the start of the program, but for the last."""

    painted: float
    typed: float
    """Until a key that was pressed then is seen."""
    ready: float
    """Until the model is known to be ready."""
    cpu: float
    """Of the screen, until then."""


class Pair(NamedTuple):
    """The medians of one part of a start, in milliseconds, and by how much the first one is longer."""

    many: float
    none: float
    ratio: float
    """The median of the pairs' own."""


class Place:
    """A home with a folder of its own; with these chats, or with none."""

    def __init__(self, folder: Path, server: FakeServer, chats: Path | None) -> None:
        self.program, papers = Program(folder / "home"), folder / "papers"
        papers.mkdir()
        (papers / "pump.md").write_text("The pump of the cooling loop is blue.\n")
        if chats:
            self.program.data_dir.mkdir(mode=0o700)
            os.link(chats, chats_file(self.program.data_dir))
        profile = f'kind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n'
        config = self.program.config(f'profile = "model"\n[profiles.model]\n{profile}')
        self._command = self.program.command("--config", config, papers)

    def start(self, warm: bool) -> Start:
        """`warm`: the engine runs already."""
        if not warm:
            self.program.close()
        begin = time.perf_counter()
        with Probe(self._command, self.program.environ | FAST) as probe:
            probe.wait(PROMPT)
            painted = time.perf_counter()
            probe.echo_ms("", KEY)
            typed = time.perf_counter()
            probe.wait("tiny:latest ●")
            ready, cpu = time.perf_counter(), probe.cpu()
            probe.keys("backspace")
            probe.wait(PROMPT)
            probe.keys("ctrl+q")
            probe.ended()
        return Start(1000 * (painted - begin), 1000 * (typed - begin), 1000 * (ready - begin), 1000 * cpu)


@contextmanager
def _places(chats: Path) -> Iterator[tuple[Place, Place]]:
    with tempfile.TemporaryDirectory(dir=chats.parent) as folder, FakeServer() as server:
        for name in ("many", "none"):
            Path(folder, name).mkdir()
        many, none = Place(Path(folder, "many"), server, chats), Place(Path(folder, "none"), server, None)
        try:
            yield many, none
        finally:
            many.program.close()
            none.program.close()


def starts(chats: Path, pairs: int, warm: bool) -> dict[str, Pair]:
    """By the parts of Start. What comes first in a pair changes from one to the next; the first pair does not count."""
    found: tuple[list[Start], list[Start]] = [], []
    with _places(chats) as places:
        for number in range(pairs + 1):
            for which in (0, 1) if number % 2 else (1, 0):
                found[which].append(places[which].start(warm and number > 0))
    columns = zip(Start._fields, zip(*found[0][1:], strict=True), zip(*found[1][1:], strict=True), strict=True)
    return {name: _pair(many, none) for name, many, none in columns}


def _pair(many: Sequence[float], none: Sequence[float]) -> Pair:
    ratio = statistics.median(one / other for one, other in zip(many, none, strict=True))
    return Pair(statistics.median(many), statistics.median(none), ratio)
