"""The summary of a chat's older part in the user's editor."""

import tempfile
from pathlib import Path

from textual.app import App

from docmind.agents.protocol import Recalled

from .external import open_file

LONGEST = 20_000
"""Characters that are read back: no prompt has room for more."""


def edit(app: App[int], recalled: Recalled) -> tuple[str, str]:
    """Its text as the user leaves it, and what went wrong, in words for the user; then the text is as it was."""
    with tempfile.TemporaryDirectory(prefix="docmind-") as folder:  # for the user's eyes alone
        file = Path(folder) / "summary.txt"
        file.write_text(recalled.text, encoding="utf-8")
        problem = open_file(app, bytes(file), None)
        try:
            text = file.read_text(encoding="utf-8", errors="replace")[:LONGEST]
        except OSError as error:
            return recalled.text, f"What the editor wrote cannot be read: {error.strerror}."
    return (recalled.text, problem) if problem else (text.strip(), "")


def told(recalled: Recalled) -> str:
    """The summary, for a screen that opens no editor."""
    if not recalled.turn:
        return (
            "There is no summary of this chat: what the model is sent of it is whole, or the first sentences of its "
            "answers. A model on this machine sums older questions up while nothing is asked."
        )
    by = "you" if recalled.by == "user" else "the model"
    return f"The first {recalled.count:,} questions, in short, by {by}: {recalled.text}"
