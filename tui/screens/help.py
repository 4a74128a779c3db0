"""All commands with the keys that they really have, and how they are typed."""

import textwrap
from collections.abc import Mapping
from itertools import zip_longest
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ..commands import COMMANDS, Command, Place
from ..keymap import shown_keys

PLACES: Mapping[Place, str] = {
    "chat": "Everywhere",
    "prompt": "While typing",
    "transcript": "In the text",
    "chats": "In the list of chats",
}
_KEYS, _TYPED, _WIDE = 26, 18, 100
"""Columns of the keys, of what is typed, and of the whole."""


class HelpScreen(ModalScreen[None]):
    """Closed by Esc, or by the key that opened it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,f1,enter", "dismiss", "Close", show=False)]
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & VerticalScroll {
            width: 100; max-width: 100%; height: auto; max-height: 100%;
            padding: 1 2; background: $panel; scrollbar-size-vertical: 1;
        }
        & Static { width: 100%; height: auto; }
    }
    """

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys`: those of the user, by command."""
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self._text(), markup=False)

    def on_resize(self) -> None:
        self.query_one(Static).update(self._text())

    def _text(self) -> Content:
        lines = [Content.from_markup("[bold]docmind[/bold]   ↑ ↓ PageUp PageDown scroll, Esc closes")]
        for place, title in PLACES.items():
            lines += [Content(""), Content.styled(title, "bold $primary")]
            lines += [self._line(command) for command in COMMANDS if command.place == place and self._is_told(command)]
        return Content("\n").join(lines)

    def _is_told(self, command: Command) -> bool:
        """One profile stands for all nine, unless the user has changed the keys of another."""
        return not command.name.startswith("profile_") or command.name == "profile_1" or command.name in self._keys

    def _line(self, command: Command) -> Content:
        """Keys, what is typed, and what it does, wrapped in a column of its own."""
        keys = textwrap.wrap(shown_keys(command.name, self._keys), _KEYS - 2)
        typed = "" if command.slash is None else f"/{command.name} {command.slash}".strip()
        room = min(self.app.size.width, _WIDE) - _KEYS - _TYPED - 5
        rows = zip_longest(keys, [typed], textwrap.wrap(command.help or command.title, max(room, 10)), fillvalue="")
        return Content("\n").join(
            Content.assemble((f"{key:<{_KEYS}}", "bold"), (f"{word:<{_TYPED}}", "$secondary"), told)
            for key, word, told in rows
        )
