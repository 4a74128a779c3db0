"""What an answer is made of: the shapes that cross the line between engine and clients, and that `docmind ask --json`
prints. All of them are frozen msgspec structs."""

from typing import Literal

import msgspec

from .views import LoadedModel


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
    file_hash: str = ""
    """The first 16 hex digits of the BLAKE2b hash of the file as it was read; empty where that was not noted."""


class Change(msgspec.Struct, frozen=True, array_like=True):
    """A run of words of a passage and of what stands in its place now."""

    kind: Literal["same", "removed", "added"]
    text: str
    """With the white space before it, as the newer text has it; of `removed` words, as the passage has it."""


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
    """Tokens of an answer over all its calls, those that broke off included; `estimated` when a server did not report
    them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            estimated=self.estimated or other.estimated,
        )


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Of one answer, from the arrival of the question."""

    first_token_ms: float = 0.0
    """Until the first text of the answer itself."""
    total_ms: float = 0.0
    tokens_per_s: float = 0.0
    """Completion tokens over the time in which a backend was streaming; 0 where one could not stream."""


Verdict = Literal["fits", "partly", "no"]
"""Whether a model fits into memory. `fits`: wholly on the GPUs, or in RAM on a machine without one. `partly`: at least
half of the layers on the GPUs, the rest in RAM. `no`: fewer, or the rest finds no room."""


class ProfileState(msgspec.Struct, frozen=True, kw_only=True):
    """A profile, and how its backend is."""

    name: str
    kind: str
    model: str = ""
    """Empty while it is not known."""
    where: str = ""
    """URL or file; empty when it is built in."""
    context: int | None = None
    """Context window in tokens; None while it is not known."""
    state: Literal["checking", "ready", "cold", "loading", "down"] = "checking"
    """`cold`: it can answer, but has to load the model first."""
    level: Literal["none", "alive", "ready", "full"] = "none"
    """How far it was found well: it accepts connections; its health path says so; it has the model and its window."""
    took_ms: float | None = None
    """Milliseconds until `level` was reached, or until it was clear that not even `alive` is."""
    code: str = ""
    """Error code when down."""
    reason: str = ""
    """Why it is down, or what it is doing."""
    hint: str = ""
    """What to do about it."""
    tokens_per_s: float | None = None
    """Of its last call that went well and was streamed; None before the first one."""
    fit: Verdict | None = None
    """None where it is not known, and of a model that is loaded."""
    reduced: str = ""
    """The settings that differ from its own since memory ran out: `kv_cache = q8_0`."""
    loaded: LoadedModel | None = None
    """Where the model is, of a server that tells it and has it loaded."""
    loads_in_s: float | None = None
    """Seconds that loading it has taken, the median of the last times; None where it was never seen."""
    breaker: Literal["closed", "open", "half-open"] = "closed"
    """`open`: it is left alone after it has failed; `half-open`: the next call decides."""
    next_try_s: float | None = None
    """Seconds until an open breaker lets a probe through; None where it is not open."""
    opened_by: str = ""
    """The failure that opened the breaker."""


BENCH = "bench"
"""Phase of the calls that `docmind bench` makes."""
SUMMARY = "summary"
"""Phase of the calls that sum up a long chat while nothing is asked."""


class Call(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One call of a backend, as it is kept in the record: figures and names, never a word of a prompt or an answer.

    Written as an array, as which SQLite gives its rows.
    """

    run: str
    """The question that it was made for."""
    phase: str
    """What for: a step of the agent, its answer, BENCH or SUMMARY."""
    profile: str
    at: float
    """Unix time of its beginning, in seconds."""
    total_ms: float
    outcome: Literal["ok", "failed", "cancelled"]
    code: str = ""
    """Error code when it failed."""
    model: str = ""
    """Empty where it never became known."""
    first_token_ms: float | None = None
    """Until the first text or thinking; None when there was none."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    """Whether the tokens were not counted by the server."""
    whole: bool = False
    """Whether the answer came whole, not streamed: how fast it was written cannot be seen."""
    loaded: bool = False
    """Whether it waited for its model to be loaded: its first token does not tell how fast the model is."""
