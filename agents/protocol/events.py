"""What the engine may send to a client."""

from typing import Literal

import msgspec

from ..records import Call, Change, Passage, ProfileState
from ..views import View
from .kept import ChatInfo, KeptTurn
from .run_events import AnyRunEvent, Event, RunEvent
from .version import PROTOCOL

Branches = dict[str, list[str]]
"""Of each turn that is shown and has others in its place: all of them, in the order in which they were asked."""


class Welcome(Event, frozen=True, kw_only=True):
    """Answer to Hello. A client of another version leaves, or stops the engine."""

    version: str
    protocol: int = PROTOCOL


class Library(Event, frozen=True, kw_only=True):
    """The state of the opened folders' index; sent while it is brought up to date, and once `ready`."""

    ready: bool
    files: int = 0
    """Documents in the index; 0 while it is not ready."""
    chunks: int = 0
    done: int = 0
    """Files read so far in this update."""
    todo: int = 0
    """Files that this update has to read."""
    failed: int = 0
    notice: str = ""
    """What the user should know: that another process is updating the index, or that the disk is full."""


class Measured(RunEvent, frozen=True, kw_only=True):
    """How the call that Measure asked for has gone."""

    call: Call
    message: str = ""
    """What went wrong when it failed."""
    hint: str = ""
    """What to do about it."""


class Profiles(Event, frozen=True, kw_only=True):
    """The profiles that are being checked, in the order of the fallback chain; all of them still `checking`."""

    profiles: list[ProfileState]


class Checked(Event, frozen=True, kw_only=True):
    """What the probe of one profile found."""

    profile: ProfileState


class Observed(Event, frozen=True, kw_only=True):
    """What the server of a profile tells; empty where it tells nothing, or did not answer."""

    view: View


SourceState = Literal["current", "moved", "changed", "gone", "unreadable", "closed", "unknown"]
"""What became of a passage. `moved`: its words stand elsewhere in the file; `changed`: they no longer do; `gone`: the
file was deleted; `unreadable`: it cannot be compared now; `closed`: its folder is not open; `unknown`: the index is
behind the file, which a brief look does not read."""


class Source(Event, frozen=True, kw_only=True):
    """A passage with its surroundings, and how it is against the file as it is now."""

    look: str
    passage: Passage
    """As it was asked for."""
    brief: bool = False
    """As it was asked for: it says nothing about the surroundings."""
    before: str = ""
    after: str = ""
    """Text of the neighbouring passages of the same document; only where the passage itself stands between them."""
    first_line: int | None = None
    """Line number of the first line of `before`, or of the passage where there is none; None without line numbers."""
    after_line: int | None = None
    """Line number of the first line of `after`; None without line numbers."""
    file: bytes = b""
    """Absolute path of the document as the file system spells it; empty when it is gone."""
    renamed: str = ""
    """The document's path now, where it was renamed or moved since; the rest tells of that."""
    state: SourceState = "current"
    reason: str = ""
    """Why it is unreadable."""
    page: int | None = None
    lines: tuple[int, int] | None = None
    """Of a changed file: where the passage, or what stands in its place, is now."""
    changes: list[Change] = msgspec.field(default_factory=list)
    """The difference when it has changed; empty when nothing like it is left."""


class Entered(Event, frozen=True, kw_only=True):
    """Answer to Enter: the chat as it is now. What happens in it from then on follows, without a gap or a repeat."""

    chat: ChatInfo
    turns: list[KeptTurn]
    """From its first question to its last, those that are being answered with their events so far."""
    earlier: int = 0
    """Turns before these that were left out, since the chat is very long."""
    branches: Branches = msgspec.field(default_factory=dict)
    notice: str = ""
    """What the user should know of the chats that are kept: that damage was mended."""


class Asked(RunEvent, frozen=True, kw_only=True):
    """A question was asked in this chat, by this client or by another one."""

    parent: str | None
    question: str
    at: float
    """Unix time, in seconds."""
    branches: Branches = msgspec.field(default_factory=dict)


class Branched(Event, frozen=True, kw_only=True):
    """The chat goes on in another branch, for everybody in it: after the turn `after` come these, and no others."""

    after: str | None
    """None: they are all that is shown."""
    turns: list[KeptTurn]
    earlier: int = 0
    """As in Entered, where they are all that is shown."""
    branches: Branches = msgspec.field(default_factory=dict)


class Recalled(Event, frozen=True, kw_only=True):
    """Answer to Recall: the latest summary on the chat's path. Prompts that have room for more hold more."""

    turn: str = ""
    """The last one that it stands for; empty: there is no summary."""
    text: str = ""
    by: Literal["model", "user"] = "model"
    count: int = 0
    """For how many questions it stands."""


class Compared(Event, frozen=True, kw_only=True):
    """Answer to Compare. What happens to those that go on is told in any case."""

    turns: list[KeptTurn]
    """In the order in which they were asked."""


class Listed(Event, frozen=True, kw_only=True):
    """The list of chats is another one now, as it is kept on the disk."""

    chat: ChatInfo | None = None
    """The chat that was entered, where its title has changed, or whether it is pinned, archived or deleted."""


class Saving(RunEvent, frozen=True, kw_only=True):
    """Whether what happens in this chat is being saved. `run` is empty: it concerns all of it."""

    problem: str
    """Why nothing is saved at the moment; it is kept in memory, and tried again. Empty: all of it is saved again."""


AnyEvent = (
    Welcome
    | Library
    | AnyRunEvent
    | Measured
    | Entered
    | Asked
    | Branched
    | Compared
    | Recalled
    | Listed
    | Saving
    | Profiles
    | Checked
    | Observed
    | Source
)
