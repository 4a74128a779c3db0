"""The table of commands, its keys, and what is told from a question in the prompt."""

import pytest

from docmind.tui.commands import BY_NAME, COMMANDS, Typed, typed
from docmind.tui.keymap import bindings, first_key, keymap, shown_keys


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/copy code", Typed("copy", "code")),
        ("  /HELP  ", Typed("help", "")),
        ("/nonsense of mine", Typed("nonsense", "of mine")),
        ("What is it?", Typed("", "What is it?")),
        ("/etc/hosts: what is it for?", Typed("", "/etc/hosts: what is it for?")),
        ("//copy does what?", Typed("", "/copy does what?")),
        ("/", Typed("", "/")),
        ("/ what", Typed("", "/ what")),
        ("/help\nme", Typed("", "/help\nme")),
        ("a/b", Typed("", "a/b")),
    ],
)
def test_commands_are_told_from_questions(text: str, expected: Typed) -> None:
    assert typed(text) == expected


def test_every_command_has_its_own_name_and_no_key_twice_where_both_work() -> None:
    assert len(BY_NAME) == len(COMMANDS)
    with_keys = [command for command in COMMANDS if command.keys]
    assert keymap({command.name: command.keys.removesuffix(f",{command.name[-1]}") for command in with_keys})[1] == []


def test_keys_can_be_swapped() -> None:
    taken, problems = keymap({"search": "f1", "help": "Ctrl+F"})
    assert (taken, problems) == ({"search": "f1", "help": "ctrl+f"}, [])
    assert shown_keys("help", taken) == "Ctrl+F"
    assert first_key("model", taken) == "F2"


@pytest.mark.parametrize(
    ("name", "keys", "says"),
    [
        ("serch", "f9", 'did you mean "search"?'),
        ("search", "", "expected a key"),
        ("search", "f1", 'is the key of "help"'),
        ("search", "x", "is needed for typing"),
        ("search", "ctrl+nokey", "is no key"),
        ("send", "f1", 'is the key of "help"'),
        ("\x1b[31m", "f9", "there is no such command"),
    ],
)
def test_a_wrong_line_of_keys_is_told_and_changes_nothing(name: str, keys: str, says: str) -> None:
    taken, (problem,) = keymap({name: keys})
    assert taken == {}
    assert says in problem.message
    assert problem.code == "ERR_1001"
    assert "\x1b" not in problem.message


def test_keys_work_while_typing_unless_they_are_text() -> None:
    priority = {binding.key: binding.priority for binding in bindings("chat")}
    assert priority["f2"]
    assert priority["alt+3"]
    assert not priority["3"]
