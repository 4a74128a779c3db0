"""A chat as it is kept, and as it is shown again: its turns, and what happened in each of them."""

from typing import Literal

import msgspec

from .run_events import AnyRunEvent

TurnState = Literal["going on", "done", "stopped", "broken"]
"""`stopped`: by the user. `broken`: it failed, or whoever worked on it ended before it was done."""
TitledBy = Literal["question", "model", "user"]


class TimedEvent(msgspec.Struct, frozen=True, array_like=True):
    """Something that happened in a turn."""

    at: float
    """Seconds since the question."""
    event: AnyRunEvent


class KeptTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its answer."""

    run: str
    """Names the turn."""
    parent: str | None
    """The turn before it; None for a chat's first question. Turns with the same parent are branches."""
    question: str
    asked_at: float
    """Unix time, in seconds."""
    state: TurnState
    answer: str = ""
    """As far as it goes."""
    profile: str = ""
    """Which one answered last."""
    model: str = ""
    events: list[TimedEvent] = []
    """The record of the answer, in its order; empty where it was not asked for."""
    chat: str = ""


class ChatInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of chats shows of one. Times are Unix times, in seconds."""

    id: str
    title: str
    titled_by: TitledBy = "question"
    roots: list[bytes] = []
    """Its folders, as the file system spells them, sorted."""
    made_at: float
    changed_at: float
    head: str | None = None
    """The turn that was shown last; None before the first question."""
    turns: int = 0
    """Of all branches."""
    profile: str = ""
    """Of the head's answer."""
    pinned: bool = False
    archived: bool = False
    deleted_at: float | None = None
    """None unless it was deleted; it can be had back for 30 days."""
    state: TurnState | None = None
    """The head's; None before the first question."""
