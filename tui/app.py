"""The full-screen program: its look, its end, and what holds on every screen. The chat itself is screens/chat.py."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

import msgspec
from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen

from docmind.agents.configuration import Loaded
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import Enter
from docmind.agents.text import one_line
from docmind.themes.loader import load_palettes

from . import clipboard
from .keymap import bindings, keymap
from .places import folders_named
from .remembered import Remembered
from .screens.chat import ChatScreen
from .screens.picker import Picker
from .theming import DEFAULT, register
from .typing_ahead import Settled, Typed, TypingAhead
from .wire.alt_digits import restore_alt_digits
from .wire.clean_filter import CleanFilter
from .wire.driver import WireDriver
from .wire.pasting import gather_pastes

ENDS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
"""Signals that end docmind as if the user had left, with the exit status 128 + their number."""
LEAVE_S = 3.0
"""Ctrl+C twice within this time leaves, in seconds."""
SAVE_S = 0.5
"""A draft is saved so long after a change, in seconds."""


class Start(NamedTuple):
    """What docmind was started with."""

    loaded: Loaded
    roots: list[Path]
    """Absolute."""
    folders: str
    """The roots as the heading names them."""
    problems: list[DocmindError]
    """What is wrong with the settings; the screen opens all the same, and shows it."""
    enter: Enter = Enter(going_on=True)
    """Which chat is opened."""


class DocmindApp(App[int], inherit_bindings=False):
    """One chat about some folders."""

    TITLE = "docmind"
    NOTIFICATION_TIMEOUT = 4
    CSS_PATH = "screens/chat.tcss"
    ENABLE_COMMAND_PALETTE = False  # ours is screens/command_picker.py
    BINDINGS: ClassVar[list[BindingType]] = [each for each in bindings("chat") if each.id == "quit"]  # from a list, too

    def __init__(self, start: Start, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        restore_alt_digits()
        gather_pastes()
        self.animation_level = "none"
        self.start, self.settings = start, start.loaded.settings
        self.keys, faults = keymap(self.settings.keys)
        self.set_keymap(self.keys)
        self.problems = [*start.problems, *faults]
        """Shown once the chat is open."""
        self.remembered = Remembered(start.loaded.data_dir, start.roots)
        self.choices = self.remembered.choices()
        self.draft = self.remembered.draft()
        """What the prompt holds."""
        self._saved = self.draft
        self._saving = False
        self._clean_filter = CleanFilter()
        self._told: set[str] = set()
        self._asked_to_leave = -LEAVE_S
        self._typing_ahead = TypingAhead(self, ChatScreen, self._type, self._is_taking)
        self._read_palettes()

    def get_default_screen(self) -> Screen[None]:
        return ChatScreen()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._clean_filter]

    def on_mount(self) -> None:
        for number in ENDS:
            asyncio.get_running_loop().add_signal_handler(number, self._end, number)
        self.screen_change_signal.subscribe(self, self._typing_ahead.screen_changed, immediate=True)
        # After Ctrl+Z and `fg` the terminal is empty; Textual paints only what changes.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))

    async def on_event(self, event: events.Event) -> None:
        """Keys and pastes find their way one after the other."""
        if isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded:
            self._note_presence()
        if isinstance(event, Typed) and not event.is_forwarded:
            await self._typing_ahead.take(event)
        else:
            await super().on_event(event)

    def _note_presence(self) -> None:
        if isinstance(chat := self.screen_stack[0], ChatScreen):
            chat.touched()

    async def _type(self, typed: Typed) -> None:
        """Words go to the prompt."""
        if isinstance(self.screen, ChatScreen):
            self.screen.welcome(typed)
        await super().on_event(typed)

    async def on_settled(self, settled: Settled) -> None:
        await self._typing_ahead.hear(settled)

    def _is_taking(self) -> bool:
        return isinstance(self.screen, Picker) and self.screen.is_taking

    def on_unmount(self) -> None:
        self.save_draft()

    def keep_draft(self, text: str) -> None:
        """It is saved soon: not at every key."""
        self.draft = text
        if not self._saving:
            self._saving = True
            self.set_timer(SAVE_S, self.save_draft)

    def use_folders(self, roots: list[Path]) -> None:
        """Other documents from now on: their draft takes the place of this one's, which is kept."""
        self.save_draft()
        self.start = self.start._replace(roots=roots, folders=folders_named(roots))
        self.remembered = Remembered(self.start.loaded.data_dir, roots)
        self.draft = self._saved = self.remembered.draft()

    def save_draft(self) -> None:
        """Trouble with the disk is told once."""
        self._saving = False
        if self.draft != self._saved:
            self._saved = self.draft
            self.remember(lambda: self.remembered.save_draft(self.draft))

    def choose(self, **choices: str | bool) -> None:
        """Remembers what was chosen on the screen: `theme`, `sidebar`."""
        self.choices = msgspec.structs.replace(self.choices, config_theme=self.settings.theme, **choices)
        self.remember(lambda: self.remembered.save_choices(self.choices))

    def remember(self, write: Callable[[], None]) -> None:
        """A disk that cannot be written is told once, and is no reason to end."""
        try:
            write()
        except DocmindError as error:
            if error.message not in self._told and self.is_running:
                self._told.add(error.message)
                self.tell(error)

    def say(self, text: str, *, error: bool = False) -> None:
        """A short message in the corner."""
        self.notify(text, markup=False, severity="error" if error else "information")

    def tell(self, error: DocmindError) -> None:
        """A failure: what happened, its code, what to do."""
        self.say(str(error), error=True)

    def copy_to_clipboard(self, text: str) -> None:
        """Says afterwards what was really done."""
        self._clipboard = text
        self.run_worker(self._copy(text), group="copy")

    async def _copy(self, text: str) -> None:
        self.say(await clipboard.copy(text, self._send_osc52))

    def _send_osc52(self, text: str) -> None:
        """Only this way does a sequence for the clipboard pass our driver."""
        if isinstance(self._driver, WireDriver):
            self._driver.copy(text)
        else:
            super().copy_to_clipboard(text)

    def use_theme(self, name: str) -> None:
        """At once, and at the next start."""
        if name in self.palettes:
            self.theme = name
            self.choose(theme=name)
        else:
            self.say(f"There is no theme '{one_line(name)}'. Themes: {self._themes()}.", error=True)

    def leave_by_two(self) -> None:
        """The second time within a few seconds."""
        now = time.monotonic()
        if now - self._asked_to_leave < LEAVE_S:
            self.exit()
        else:
            self._asked_to_leave = now
            self.say("Press Ctrl+C once more to leave. What you typed is kept.")

    def _themes(self) -> str:
        return ", ".join(map(one_line, self.palettes))

    def _read_palettes(self) -> None:
        self.palettes, problems = load_palettes(self.start.loaded.config.parent / "themes")
        for problem in problems:
            message = f"The theme {one_line(str(problem.file), 300)} cannot be used: {one_line(problem.what, 300)}"
            self.problems.append(DocmindError(Code.CONFIG, message, "docs/themes.md shows what a theme holds."))
        register(self, self.palettes)
        wanted = self.choices.theme_in_force(self.settings.theme)
        if wanted not in self.palettes:
            message = f"There is no theme '{one_line(wanted)}'."
            self.problems.append(DocmindError(Code.CONFIG, message, f"Themes: {self._themes()}."))
        self.theme = wanted if wanted in self.palettes else DEFAULT

    def _end(self, number: int) -> None:
        self.exit(128 + number, return_code=128 + number)

    def _fatal_error(self) -> None:
        """A bug: the command line reports it, without Textual's own pages of traceback."""
        self._close_messages_no_wait()
