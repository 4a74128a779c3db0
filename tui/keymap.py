"""Keys of the commands: the table's, or the user's own from the settings' [keys]."""

import difflib
from collections.abc import Mapping

from textual.binding import Binding
from textual.keys import Keys

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import one_line

from .commands import BY_NAME, COMMANDS, Command, Place

_KNOWN = {key.value for key in Keys} | {"enter", "tab", "space", "backspace", "delete", "escape"}
_NAMES = {"pageup": "PageUp", "pagedown": "PageDown", "escape": "Esc", "underscore": "_"}
_MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
_HINT = 'Write it like this, under [keys]: search = "ctrl+f". All commands and keys: F1.'


def bindings(place: Place) -> list[Binding]:
    """Textual's bindings of one place. Those of the chat go first, except what is text while typing."""
    return [
        Binding(key, _action(command), command.title, show=False, id=command.name, priority=_goes_first(key, place))
        for command in COMMANDS
        if command.place == place
        for key in _split(command.keys)
    ]


def actions(place: Place, taken: Mapping[str, str]) -> dict[str, str]:
    """Key -> method, for a part that takes its keys in the order in which they are typed.

    A binding that goes first would not wait for the letters before it.
    """
    commands = [command for command in COMMANDS if command.place == place]
    return {key: f"action_{each.name}" for each in commands for key in _split(taken.get(each.name, each.keys))}


def keymap(remapped: Mapping[str, str]) -> tuple[dict[str, str], list[DocmindError]]:
    """The user's keys by command, as Textual takes them, and what is wrong with the others, which stay as they were."""
    faults = {name: fault for name, keys in remapped.items() if (fault := _fault(name, keys))}
    taken = {name: ",".join(_split(keys)) for name, keys in remapped.items() if name not in faults}
    while clash := _clash(taken):
        name, faults[name] = clash
        del taken[name]
    return taken, [
        DocmindError(Code.CONFIG, f"keys.{one_line(name)}: {fault}", _HINT) for name, fault in faults.items()
    ]


def shown_keys(name: str, taken: Mapping[str, str]) -> str:
    """The keys of a command as people write them: `F2, Ctrl+B`."""
    return ", ".join(map(_written, _split(taken.get(name, BY_NAME[name].keys))))


def first_key(name: str, taken: Mapping[str, str]) -> str:
    """The key to show where there is place for one."""
    return shown_keys(name, taken).partition(", ")[0]


def _action(command: Command) -> str:
    name, _, number = command.name.rpartition("_")
    return f"{name}({number})" if number.isdigit() else command.name


def _goes_first(key: str, place: Place) -> bool:
    return place != "transcript" and len(key) > 1


def _split(keys: str) -> list[str]:
    return [key.strip().lower() if len(key.strip()) > 1 else key.strip() for key in keys.split(",") if key.strip()]


def _fault(name: str, keys: str) -> str:
    """What is wrong with a line of [keys] in itself; empty: nothing."""
    if name not in BY_NAME:
        close = difflib.get_close_matches(name, BY_NAME, 1)
        return f'there is no such command; did you mean "{close[0]}"?' if close else "there is no such command."
    if not _split(keys):
        return "expected a key."
    for key in _split(keys):
        if not _is_key(key):
            return f'"{one_line(key)}" is no key.'
        if len(key) == 1 and BY_NAME[name].place != "transcript":
            return f'"{key}" is needed for typing.'
    return ""


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+")
    return set(modifiers) <= _MODIFIERS and (len(last) == 1 or key in _KNOWN or last in _KNOWN)


def _clash(taken: dict[str, str]) -> tuple[str, str] | None:
    """A command of `taken` with a key that another one has where both work, and what to say about it."""
    everything = {command.name: command.keys for command in COMMANDS} | taken
    for name in reversed(taken):
        for other, keys in everything.items():
            if other != name and _meet(name, other) and (both := {*_split(keys)} & {*_split(taken[name])}):
                return name, f'"{min(both)}" is the key of "{other}".'
    return None


def _meet(one: str, other: str) -> bool:
    """Whether their keys work at the same place."""
    places = {BY_NAME[one].place, BY_NAME[other].place}
    return len(places) == 1 or ("chat" in places and "chats" not in places)


def _written(key: str) -> str:
    *modifiers, last = key.split("+")
    if len(last) > 1 or modifiers:
        last = _NAMES.get(last) or last.capitalize()
    return "+".join([*(modifier.capitalize() for modifier in modifiers), last])
