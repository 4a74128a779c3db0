"""Asks the real engine, run in this process: session, workspace, route, agent and backends are the program's own."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from docmind.agents.client import Client, connect
from docmind.agents.endpoint import only_engine
from docmind.agents.engine import Engine
from docmind.agents.library.store import library_file
from docmind.agents.library.sync import sync
from docmind.agents.protocol import Answered, AnyEvent, Ask, Failed, Open, Retracted, Switched, Token, ToolCalled
from docmind.agents.settings import LibrarySettings, Profile, Settings

from .scripts import DOCUMENT, QUESTION

LONGEST_S = 60.0


@dataclass
class Outcome:
    """What a client saw of one question."""

    end: Answered | Failed | None = None
    """None: the run never came to an end."""
    shown: str = ""
    """The answer as it stood on the screen at the end."""
    called: list[str] = field(default_factory=list)
    """Tools, in the order in which they were run."""
    switches: list[Switched] = field(default_factory=list)

    def take(self, event: AnyEvent) -> bool:
        """Note an event; whether the run has ended."""
        match event:
            case Token():
                self.shown += event.text
            case Retracted():
                self.shown = self.shown[: -event.last] if event.last else ""
            case ToolCalled():
                self.called.append(event.tool)
            case Switched():
                self.switches.append(event)
            case Answered() | Failed():
                self.end = event
        return self.end is not None


class Desk:
    """A folder with one indexed document, and engines that answer about it. Each has a copy of the index."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self.folder = base / "documents"
        self.folder.mkdir()
        (self.folder / "manual.md").write_text(DOCUMENT, encoding="utf-8")
        self._index = library_file(base / "index", [self.folder])
        sync([self.folder], self._index, LibrarySettings())

    @contextlib.asynccontextmanager
    async def engine(self) -> AsyncIterator[Path]:
        """The data folder of an engine that has seen nothing yet: no breaker is open, nothing is recorded."""
        data_dir = Path(tempfile.mkdtemp(dir=self._base))
        copy = library_file(data_dir, [self.folder])
        copy.parent.mkdir(parents=True)
        shutil.copy(self._index, copy)
        with only_engine(data_dir) as listener:
            assert listener
            engine = Engine(data_dir)
            serving = asyncio.create_task(engine.serve(listener))
            try:
                yield data_dir
            finally:
                engine.end()
                await serving

    @contextlib.asynccontextmanager
    async def client(self, data_dir: Path, profiles: Mapping[str, Profile]) -> AsyncIterator[Client]:
        """A client whose chain is these profiles, in this order."""
        settings = Settings(profiles=dict(profiles), fallback=list(profiles))
        async with aclosing(await connect(data_dir)) as client:
            client.send(Open(settings=settings, roots=[os.fsencode(self.folder)]))
            yield client


async def ask(client: Client, run: str = "1", profile: str | None = None) -> Outcome:
    """Ask the question, and listen to the end; for at most LONGEST_S."""
    outcome = Outcome()
    client.send(Ask(run=run, question=QUESTION, profile=profile))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_S), aclosing(client.events()) as events:
            async for event in events:
                if getattr(event, "run", run) == run and outcome.take(event):
                    break
    return outcome


@contextlib.contextmanager
def desk() -> Iterator[Desk]:
    """A Desk in a folder that goes with it."""
    with tempfile.TemporaryDirectory() as base:
        os.environ["XDG_RUNTIME_DIR"] = base
        yield Desk(Path(base))
