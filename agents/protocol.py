"""What crosses the line between the engine and its clients: JSON lines, one tagged union each way.

Clients send *commands*, the engine answers with *events*. Everything is a frozen msgspec struct; `run` names the
question an event belongs to. The shapes that `docmind ask --json` prints (Citation, Step, Attempt, Usage, Timings) are
defined here too.
"""

from typing import Literal

import msgspec

from .settings import Settings

PROTOCOL = 1
"""Raised with every incompatible change; client and engine must agree."""

CANCELLED = "cancelled"
"""Code of the Failed event that ends a cancelled run."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a document as it was shown to a model or a user."""

    path: str
    """Relative to the folder that was named; with several folders, beginning with the folder's name."""
    text: str
    page: int | None = None
    """From 1; None for files without pages."""
    lines: tuple[int, int] | None = None
    """First and last line, from 1; None for files without lines."""
    heading: str = ""
    """Heading path, outermost first, joined by ' > '."""
    score: float = 0.0
    """Higher is better; comparable within one result list only."""
    n: int = 0
    """The number that the model was shown and cites; 0 outside an answer."""


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """One [n] of an answer: where it points, the words that support it, and whether they do."""

    n: int
    path: str
    page: int | None
    lines: tuple[int, int] | None
    quote: str
    verified: bool


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A finished tool call."""

    tool: str
    input: dict[str, str | int | float | bool | None]
    passages: int


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a backend."""

    profile: str
    ok: bool
    code: str = ""
    reason: str = ""
    tokens: int = 0


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of an answer over all its calls; `estimated` when a server did not report them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Of one answer, from the arrival of the question."""

    first_token_ms: float = 0.0
    """Until the first text of the answer itself."""
    total_ms: float = 0.0
    tokens_per_s: float = 0.0
    """Completion tokens over the time in which a backend was streaming."""


# --- commands: client to engine -------------------------------------------------------------------------------------


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=str.lower):
    """Base of what a client may send."""


class Hello(Command, frozen=True, kw_only=True):
    """First line of every connection."""

    version: str
    """See build.py."""
    protocol: int = PROTOCOL


class Open(Command, frozen=True, kw_only=True):
    """Chooses the settings and the folders of this connection; the engine brings their index up to date at once."""

    settings: Settings
    roots: list[bytes]
    """Absolute paths, as the file system spells them: they need not be UTF-8."""
    keys: dict[str, str] = {}
    """API key per profile name, read by the client from its own environment."""


class Ask(Command, frozen=True, kw_only=True):
    """A question about the opened folders."""

    run: str
    question: str
    profile: str | None = None
    fallback: bool = True


class Cancel(Command, frozen=True, kw_only=True):
    """Stops the run; the engine answers with Failed(code=CANCELLED)."""

    run: str


class Stop(Command, frozen=True, kw_only=True):
    """Ends the engine process. With `only_idle` it refuses by Failed(ERR_3002) while it answers a question."""

    only_idle: bool = False


# --- events: engine to client ---------------------------------------------------------------------------------------

RunState = Literal["queued", "indexing", "starting", "loading", "searching", "reading", "thinking", "writing"]


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


class State(RunEvent, frozen=True, kw_only=True):
    """What the run is doing now. `starting`: the engine still imports its libraries; `loading`: the model is loaded."""

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


class Switched(RunEvent, frozen=True, kw_only=True):
    """A backend failed and the next one takes over. `reason` names the backend; `hint` says what to do about it."""

    old: str
    new: str
    code: str
    reason: str
    hint: str = ""


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


class Failed(RunEvent, frozen=True, kw_only=True):
    """The run ended without an answer. `run` is empty when the failure is not about a question."""

    code: str
    message: str
    hint: str = ""
    attempts: list[Attempt] = []


AnyCommand = Hello | Open | Ask | Cancel | Stop
AnyEvent = (
    Welcome | Library | State | Token | Thought | ToolCalled | ToolReturned | Retracted | Switched | Answered | Failed
)
