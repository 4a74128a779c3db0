"""The commands, found by a word of what they do; Enter runs one."""

from collections.abc import Iterable, Mapping

from textual.content import Content

from ..commands import BY_NAME, COMMANDS
from ..keymap import shown_keys
from .picker import Picker, Row

_TITLE, _KEYS = 14, 14
"""Columns."""


class CommandPicker(Picker):
    """Gives the name of the command."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys`: those of the user, by command."""
        super().__init__("Commands", "")
        self._keys = keys

    def about(self, name: str) -> Content:
        """In full, and how it is typed."""
        command = BY_NAME[name]
        return Content(f"{command.help}\nTyped: " + f"/{name} {command.slash}".strip())

    def rows(self) -> Iterable[Row]:
        for command in COMMANDS:
            if command.slash is not None:
                keys = shown_keys(command.name, self._keys)
                shown = Content.assemble(
                    (f"{command.title:<{_TITLE}}", "bold"), f"{keys:<{_KEYS - 1}} ", (command.help, "")
                )
                yield Row(command.name, f"{command.title} {command.name} {command.help}", shown)
