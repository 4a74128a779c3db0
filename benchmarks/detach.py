"""A screen that is lost in mid-answer and comes back: python benchmarks/detach.py [--times 50] [--answers 1000]

`docmind` runs in a real pty against a model server that sends numbered words, 50 a second. At a random word the pty is
closed, or the screen is killed, in turn; docmind is started again on the same folder, at once or when the answer is
done. Told: words missing or doubled in the whole answer as the screen shows it then; how long it took from the start of
the program, and from its first paint, until the text was there. Then the memory of the engine and of a screen before
and after so many answers in one chat.
"""

import argparse
import asyncio
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psutil
from pty_probe import FAST, Probe

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.client import connect
from docmind.agents.configuration import load
from docmind.agents.protocol import Answered, Ask, Enter, Failed, Open
from engine_clients import result
from fakes import FakeServer
from program import Program

PROMPT = "Ask about your documents"
SEARCH = 'Thought: I look.\nAction: search_documents\nAction Input: {"query": "pump"}\n'
WORDS = [f"word{n}" for n in range(200)]
PASSAGE = "The pump of the cooling loop is blue, and moves 18 litres a minute. " * 20
WARM = 50
"""Answers before memory is measured for the first time."""


class Bench:
    """A home, a folder and a model server."""

    def __init__(self, home: Path, server: FakeServer) -> None:
        self.program, self.documents = Program(home / "home"), home / "papers"
        self.documents.mkdir()
        for number in range(8):
            (self.documents / f"pump{number}.md").write_text(f"# Part {number}\n\n{PASSAGE}\n")
        profile = f'kind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n'
        self.config = self.program.config(f'profile = "model"\n[profiles.model]\n{profile}')

    def screen(self) -> Probe:
        return Probe(self.program.command("--config", self.config, self.documents), self.program.environ | FAST)


@contextmanager
def bench(answer: str, gap: float) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as home, FakeServer([SEARCH, answer], gap=gap) as server:
        ready = Bench(Path(home), server)
        try:
            yield ready
        finally:
            ready.program.close()


def lose(probe: Probe, killed: bool) -> None:
    if killed:
        os.kill(probe.pid, signal.SIGKILL)
    else:
        probe.hang_up()
    os.waitpid(probe.pid, 0)
    probe.status = 129


def come_back(bench: Bench) -> tuple[float, float, Counter[str]]:
    """Seconds from the start and from the first paint to the text, and how often each word stands there at last."""
    start = time.perf_counter()
    with bench.screen() as probe:
        probe.wait(PROMPT)
        painted = time.perf_counter()
        probe.wait("word5 ")
        shown = time.perf_counter()
        probe.wait(r"word199.*\n +model · ")
        words = Counter(re.findall(r"word\d+", probe.text()))
        probe.keys("ctrl+n", "ctrl+q")
        probe.ended()
    return shown - start, shown - painted, words


def report_losses(times: int) -> None:
    from_start, from_paint, missing, doubled = list[float](), list[float](), 0, 0
    with bench("Answer: " + " ".join(WORDS), 0.02) as ready:
        for number in range(times):
            with ready.screen() as probe:
                probe.wait(PROMPT)
                probe.keys("Go", "enter")
                probe.wait(f"word{random.randrange(5, 180)} ")
                lose(probe, killed=number % 2 == 1)
            if number % 3 == 2:
                time.sleep(4)  # the answer comes while nobody looks
            begun, painted, words = come_back(ready)
            from_start.append(begun)
            from_paint.append(painted)
            missing += sum(word not in words for word in WORDS)
            doubled += sum(count - 1 for count in words.values())
            print(f"\r{number + 1} of {times}", end="", file=sys.stderr)
    print(f"\rlost and back: {times} times; tokens missing {missing}, doubled {doubled}")
    row("start of the program to the text", from_start)
    row("... from its first paint", from_paint)


def row(what: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    print(f"{what:40} median {statistics.median(ordered):6.3f} s   max {ordered[-1]:6.3f} s", flush=True)


def report_memory(answers: int) -> None:
    with bench("Answer: " + " ".join(WORDS), 0.0) as ready, ready.screen() as probe:
        probe.wait(r"model · .*●")
        probe.keys("Go", "enter")
        probe.wait("word199")
        asking = Asking(ready, WARM)
        asking.finish(probe)
        before = asking.engine_mb(), probe.rss_mb()
        asking = Asking(ready, answers)
        asking.finish(probe)
        after = asking.engine_mb(), probe.rss_mb()
    for name, first, last in zip(("engine", "screen"), before, after, strict=True):
        print(f"memory of the {name}: {first:.1f} MB, after {answers:,} answers {last - first:+.1f} MB")


class Asking(threading.Thread):
    """Asks in the chat that the screen shows."""

    def __init__(self, bench: Bench, answers: int) -> None:
        super().__init__()
        self._bench, self._answers = bench, answers
        self._environ = bench.program.environ
        self.start()

    def finish(self, probe: Probe) -> None:
        while self.is_alive():
            probe.rest(0.2)
        probe.rest(2)

    def engine_mb(self) -> float:
        folder = str(self._bench.program.data_dir.resolve())
        (engine,) = [p for p in psutil.process_iter(["cmdline"]) if folder in (p.info["cmdline"] or [])]
        return float(engine.memory_info().rss) / 1e6

    def run(self) -> None:
        asyncio.run(self._ask())

    async def _ask(self) -> None:
        os.environ["XDG_RUNTIME_DIR"] = self._environ["XDG_RUNTIME_DIR"]
        loaded = load(self._bench.config, {"DOCMIND_DATA_DIR": os.fspath(self._bench.program.data_dir)}, {})
        client = await connect(loaded.data_dir)
        client.send(Open(settings=loaded.settings, roots=[os.fsencode(self._bench.documents)]))
        client.send(Enter(chat=self._chat()))
        for number in range(self._answers):
            run = f"{self.name}-{number}"
            client.send(Ask(run=run, question=f"Question {number}?"))
            _, end = await result(client, run)
            assert isinstance(end, Answered), end if isinstance(end, Failed) else ""
        await client.aclose()

    def _chat(self) -> str:

        with ChatStore(chats_file(self._bench.program.data_dir)) as store:
            return store.chats()[0].id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--answers", type=int, default=1000)
    args = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    random.seed(1)
    if args.times:
        report_losses(args.times)
    if args.answers:
        report_memory(args.answers)


if __name__ == "__main__":
    main()
