"""What the engine may send to a client."""

from typing import Literal

import msgspec

from ..records import Attempt, Call, Change, Citation, Passage, ProfileState, Step, Timings, Usage
from ..views import View
from .version import PROTOCOL

CANCELLED = "cancelled"
"""Code of the Failed event that ends a cancelled run."""

RunState = Literal[
    "queued", "indexing", "cooling", "starting", "loading", "searching", "reading", "thinking", "waiting", "writing"
]


Rule = Literal["only", "chosen", "configured", "listed", "best", "left"]
"""Why a profile is asked first: no other may be; it was asked for; the settings name it; it is the first of `fallback`;
it has the highest priority; those before it are banned."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=str.lower):
    """Base of what the engine may send."""


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


class RunEvent(Event, frozen=True, kw_only=True):
    """Base of the events of one question."""

    run: str


class Planned(RunEvent, frozen=True, kw_only=True):
    """Which profiles are asked, in which order, and why the first one is the first. Comes before anything is asked."""

    rule: Rule
    chain: list[str]
    banned: list[str] = []


class RolledBack(RunEvent, frozen=True, kw_only=True):
    """The profile `old` does badly; questions had better go to `new` again, which did well before."""

    old: str
    new: str
    reason: str


class State(RunEvent, frozen=True, kw_only=True):
    """What the run is doing now. `cooling`: it waits for a card that is too hot; `starting`: the engine still imports
    its libraries; `loading`: the model is loaded; `waiting`: for a model that cannot stream.
    """

    state: RunState
    detail: str = ""


class Token(RunEvent, frozen=True, kw_only=True):
    """A piece of the answer; several tokens may be batched into one."""

    text: str


class Thought(RunEvent, frozen=True, kw_only=True):
    """A piece of the model's reasoning: its ReAct thought or its thinking text."""

    text: str


class ToolCalled(RunEvent, frozen=True, kw_only=True):
    """The agent calls a tool."""

    call: str
    tool: str
    input: dict[str, str | int | float | bool | None]


class ToolReturned(RunEvent, frozen=True, kw_only=True):
    """The tool call `call` is done."""

    call: str
    passages: list[Passage]
    seconds: float
    error: str = ""


class Retracted(RunEvent, frozen=True, kw_only=True):
    """Take back every Token since the last ToolReturned: that text was no answer, or the step is done again."""

    last: int | None = None
    """Only so many characters of them, from the end: a word that broke off."""
    thoughts: bool = False
    """The Thoughts since then, too."""


class Switched(RunEvent, frozen=True, kw_only=True):
    """A backend failed and the next one takes over. `reason` names the backend; `hint` says what to do about it."""

    old: str
    new: str
    code: str
    reason: str
    hint: str = ""
    continues: bool = False
    """The answer goes on where it broke off; otherwise the step is done again."""
    smaller: str = ""
    """Memory ran out, and the same profile goes on with this: `kv_cache = q8_0`. `old` and `new` are one."""


class Answered(RunEvent, frozen=True, kw_only=True):
    """The run is done: the whole answer and its record."""

    answer: str
    profile: str
    model: str
    citations: list[Citation]
    steps: list[Step]
    attempts: list[Attempt]
    usage: Usage
    timings: Timings


class Meter(RunEvent, frozen=True, kw_only=True):
    """How a call of a backend goes: sent when it begins, at most once a second while it streams, and at its end."""

    profile: str
    context_used: int
    """Tokens of the prompt and of what has been written so far; estimated where the server has not said."""
    context_window: int
    tokens: int = 0
    """Written so far by this call."""
    seconds: float = 0.0
    """Since the first of them; where an answer is known to come whole, since it was asked for."""


class Measured(RunEvent, frozen=True, kw_only=True):
    """How the call that Measure asked for has gone."""

    call: Call
    message: str = ""
    """What went wrong when it failed."""
    hint: str = ""
    """What to do about it."""


class Failed(RunEvent, frozen=True, kw_only=True):
    """The run ended without an answer. `run` is empty when the failure is not about a question."""

    code: str
    message: str
    hint: str = ""
    attempts: list[Attempt] = []


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
    state: SourceState = "current"
    reason: str = ""
    """Why it is unreadable."""
    page: int | None = None
    lines: tuple[int, int] | None = None
    """Of a changed file: where the passage, or what stands in its place, is now."""
    changes: list[Change] = []
    """The difference when it has changed; empty when nothing like it is left."""


AnyEvent = (
    Welcome
    | Library
    | State
    | Token
    | Thought
    | ToolCalled
    | ToolReturned
    | Retracted
    | Switched
    | Planned
    | RolledBack
    | Meter
    | Answered
    | Measured
    | Failed
    | Profiles
    | Checked
    | Observed
    | Source
)
