"""The keys that the last line names, the most useful first: what does not fit is left out."""

from collections.abc import Mapping
from typing import Literal

from .keymap import first_key

PROMPT = (("help", "help"), ("model", "models"), ("palette", "commands"), ("change_focus", "text"))
"""Command, and the word for it, while one types."""
TEXT = (
    ("change_focus", "prompt"),
    ("open_stop", "open"),
    ("copy_answer", "copy"),
    ("select_lines", "select"),
    ("find", "find"),
)
"""While the text has the focus."""


SEARCH = [("Enter", "next"), ("Up", "previous"), ("Esc", "close")]
Where = Literal["prompt", "text", "search"]
"""What has the focus."""


def hints(keys: Mapping[str, str], where: Where, *, busy: bool) -> list[tuple[str, str]]:
    """Key and what it does. `keys`: those of the user, by command; `busy`: there is something to stop."""
    if where == "search":
        return SEARCH
    named = [(first_key(command, keys), word) for command, word in (TEXT if where == "text" else PROMPT)]
    if where == "text":
        named.insert(1, (f"{first_key('next_stop', keys)}/{first_key('previous_stop', keys)}", "move"))
    return [(first_key("stop", keys), "stop"), *named] if busy else named
