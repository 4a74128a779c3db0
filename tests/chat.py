"""The chat with a real engine behind it, driven by keys, without a terminal."""

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from docmind.agents.configuration import load
from docmind.tui.app import DocmindApp, Start
from docmind.tui.screens.chat import ChatScreen
from docmind.tui.transcript.view import Transcript
from docmind.tui.widgets.prompt import Prompt
from fakes.waiting import until
from program import Program

QUESTION = "Is the pump of the cooling loop blue?"


class Chat:
    """An open chat, and what its parts show."""

    def __init__(self, app: DocmindApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot
        self.copied: list[str] = []
        app.copy_to_clipboard = self.copied.append  # type: ignore[method-assign,assignment]

    @property
    def screen(self) -> ChatScreen:
        (screen,) = [screen for screen in self.app.screen_stack if isinstance(screen, ChatScreen)]
        return screen

    @property
    def prompt(self) -> Prompt:
        return self.screen.query_one(Prompt)

    @property
    def transcript(self) -> Transcript:
        return self.screen.query_one(Transcript)

    def text(self) -> str:
        """The transcript, without the styles."""
        lines = [self.transcript.layout_of_lines.line(n) for n in range(self.transcript.layout_of_lines.height)]
        return "\n".join(line.text.plain.rstrip() for line in lines if line)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def leave(self, key: str) -> None:
        """By a key that ends the app; the pilot would wait for a screen that is going."""
        self.app.simulate_key(key)
        await until(lambda: self.app._exit)

    async def write(self, text: str) -> None:
        await self.press(*(NAMES.get(letter, letter) for letter in text))

    async def ask(self, question: str = QUESTION) -> None:
        """Until it is answered."""
        asked = len(re.findall("^You$", self.text(), re.M))
        await self.write(question)
        await self.press("enter")
        await self.until(lambda: len(re.findall(r"^  quotes$", self.text(), re.M)) > asked)

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(600):
            await self.pilot.pause(0.05)
            if condition():
                return
        raise AssertionError(self.text())

    def notices(self) -> str:
        return "\n".join(notice.message for notice in self.app._notifications)


NAMES = {" ": "space", "?": "question_mark", "/": "slash", ".": "full_stop", "[": "left_square_bracket"}


@asynccontextmanager
async def opened(
    program: Program, documents: Path, config: str = "", size: tuple[int, int] = (120, 40), *, toasts: bool = False
) -> AsyncIterator[Chat]:
    """`toasts`: the messages in the corner are drawn, too."""
    loaded = load(program.config(config), {"DOCMIND_DATA_DIR": os.fspath(program.data_dir)}, {})
    app = DocmindApp(Start(loaded, [documents], "papers", []))
    async with app.run_test(size=size, notifications=toasts) as pilot:
        await pilot.pause()
        yield Chat(app, pilot)
