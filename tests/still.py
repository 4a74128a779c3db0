"""The chat on its own: a test says what the engine and the hardware say, and nothing in it depends on time."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import chain, groupby
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, TypeVar

import pytest

from chat import Chat
from docmind.agents.configuration import load
from docmind.agents.errors import DocmindError
from docmind.agents.hardware.gpu import Gpu, Reading
from docmind.agents.hardware.machine import Machine
from docmind.agents.hardware.watching import Sample, Watch
from docmind.agents.protocol import AnyCommand, AnyEvent, Ask
from docmind.tui.app import DocmindApp, Start
from docmind.tui.engine_link import EngineLink, LinkState
from docmind.tui.screens import conversation
from docmind.tui.widgets import sidebar
from fakes.clock import Clock

LONG_S = 3600.0
"""No test lasts so long."""
C = TypeVar("C", bound=AnyCommand)


class StillLink(EngineLink):
    """To an engine that does not answer; `say` answers in its place."""

    sent: ClassVar[list[AnyCommand]] = []

    def send(self, command: AnyCommand) -> None:
        self.sent.append(command)

    def say(self, event: AnyEvent | LinkState) -> None:
        self._tell(event)

    async def run(self) -> None:
        await asyncio.Event().wait()


class StillWatch(Watch):
    """Reads once."""

    sample: ClassVar[Sample]

    def start(self) -> None:
        self._tell(self.sample)


class StillChat(Chat):
    """What `Chat` is, with a voice for the engine and a look at the whole screen."""

    @property
    def clock(self) -> Clock:
        """Of the transcript."""
        assert isinstance(self.transcript._clock, Clock)
        return self.transcript._clock

    async def hear(self, *events: AnyEvent | LinkState) -> None:
        """The engine says this."""
        assert isinstance(self.screen.link, StillLink)
        for event in events:
            self.screen.link.say(event)
        self.transcript.flush()
        await self.pilot.pause()

    async def send(self, question: str) -> str:
        """Gives its run."""
        self.prompt.replace_text(question)
        await self.press("enter")
        return self.sent(Ask).run

    def sent(self, kind: type[C]) -> C:
        """The last command of this kind that went to the engine."""
        return [command for command in StillLink.sent if isinstance(command, kind)][-1]

    def look(self) -> str:
        """The whole screen as text; of more than three lines that are the same, one and their number."""
        lines = [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]
        runs = [(line, len(list(same))) for line, same in groupby(lines)]
        shown = ([line] * count if count <= 3 else [line, f"⋮ {count} such lines"] for line, count in runs)
        return "\n".join(chain.from_iterable(shown))


class Stage:
    """Opens chats of one size."""

    def __init__(self, folder: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._size, self._monkeypatch = folder, size, monkeypatch
        monkeypatch.setattr(conversation, "EngineLink", StillLink)
        monkeypatch.setattr(sidebar, "Watch", StillWatch)
        monkeypatch.setattr(sidebar, "SILENT_S", LONG_S)
        monkeypatch.setattr(DocmindApp, "NOTIFICATION_TIMEOUT", LONG_S)

    @asynccontextmanager
    async def opened(
        self, *gpus: Gpu, problems: Sequence[DocmindError] = (), environ: Mapping[str, str] = MappingProxyType({})
    ) -> AsyncIterator[StillChat]:
        """With these cards; with none, the sidebar shows the machine. `environ`: settings of its own."""
        machine = Machine(cpu=12.0, memory_used=6_200_000_000, memory_total=16_000_000_000)
        self._monkeypatch.setattr(
            StillWatch, "sample", Sample(Reading(list(gpus)), None if gpus else machine), raising=False
        )
        self._monkeypatch.setattr(StillLink, "sent", [])
        start = Start(load(None, environ, {}, self._folder / "data"), [self._folder], "~/papers", list(problems))
        app = DocmindApp(start)
        async with app.run_test(size=self._size, notifications=True) as pilot:
            chat = StillChat(app, pilot)
            chat.transcript._clock = Clock()
            await pilot.pause()
            yield chat
