"""What the store gives besides chats and turns, whose shapes cross the line: agents/protocol/kept.py."""

from typing import Literal

import msgspec

from ..protocol.kept import ChatInfo, KeptTurn, TimedEvent, TitledBy, TurnState

__all__ = ["ChatInfo", "Hit", "KeptTurn", "Summary", "TimedEvent", "TitledBy", "TurnState"]


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A place that a search has found."""

    chat: str
    run: str
    """The turn; where the title was found, the one that was shown last."""
    title: str
    """The chat's."""
    where: Literal["title", "question", "answer"]
    snippet: str
    """The text around the hit, on one line."""
    marks: list[tuple[int, int]]
    """Where the words that were looked for stand in the snippet: start and end, in characters."""
    asked_at: float
    """Unix time, in seconds; of a title, when the chat was last changed."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What stands for a turn and all before it where a prompt has no room for them."""

    run: str
    text: str
    by: Literal["model", "user"]
    at: float
    """Unix time, in seconds."""
