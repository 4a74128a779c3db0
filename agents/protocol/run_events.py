"""What the engine says about one question, from its plan to its end. A chat that is kept is made of these events."""

from typing import Any, Literal

import msgspec

from ..records import Attempt, Citation, Passage, Step, Timings, Usage

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
    text: str = ""
    """What the model was told, where that was no passages."""


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


class Continued(RunEvent, frozen=True, kw_only=True):
    """An answer that was stopped, or broke off, is worked on again. What was said stands; its steps are not redone."""

    length: int
    """Characters of the answer that were kept: a screen may have shown some more before the engine was killed."""


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
    cut: bool = False
    """The model was stopped by max_tokens, or by its window: the text may lack its end."""


class Meter(RunEvent, frozen=True, kw_only=True):
    """How a call of a backend goes: sent when it begins, at most once a second while it streams, and at its end."""

    profile: str
    context_used: int
    """Tokens of the prompt and of what has been written so far; estimated where the server has not said."""
    context_window: int
    summarised: int = 0
    """Earlier questions of the chat that this prompt holds in short only."""
    left_out: int = 0
    """Earlier questions that it does not hold at all."""
    tokens: int = 0
    """Written so far by this call."""
    seconds: float = 0.0
    """Since the first of them; where an answer is known to come whole, since it was asked for."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a prompt."""

    role: str
    content: str


class Prompted(RunEvent, frozen=True, kw_only=True):
    """A call of a backend begins, with this prompt. It is kept with the turn, and told to no client."""

    profile: str
    model: str
    phase: str
    """As in the record of the call: a `step` of the agent, or the `continuation` of one that another backend began."""
    window: int
    """Of the backend, in tokens."""
    max_tokens: int
    options: dict[str, Any]
    """The profile's own, with what looks like a secret blanked."""
    stop: list[str]
    same: int = 0
    """So many messages come first that are those of the turn's call before."""
    messages: list[Message]
    """Those after them."""


class Failed(RunEvent, frozen=True, kw_only=True):
    """The run ended without an answer. `run` is empty when the failure is not about a question."""

    code: str
    message: str
    hint: str = ""
    attempts: list[Attempt] = []


AnyRunEvent = (
    Planned
    | RolledBack
    | State
    | Token
    | Thought
    | ToolCalled
    | ToolReturned
    | Retracted
    | Switched
    | Continued
    | Meter
    | Prompted
    | Answered
    | Failed
)
