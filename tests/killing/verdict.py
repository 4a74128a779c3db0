"""What a kill has left of an answer, and what is wrong with that."""

from dataclasses import dataclass, field
from typing import Literal

from docmind.agents.protocol import KeptTurn, Thought, Token

from .home import Home, numbered

Target = Literal["engine", "screen", "both"]
Fault = Literal["damaged", "not opened", "not marked", "question gone", "wrong text"]
TARGETS: tuple[Target, ...] = ("engine", "screen", "both")


@dataclass(frozen=True)
class Kill:
    """One `kill -9`. Times are those of time.monotonic()."""

    target: Target
    after: float
    """How many words of the answer had left the server; less than 0: before the answer itself."""
    since: float
    """When the engine that was to keep the answer began with it."""
    at: float
    shown: list[str]
    """Words that the screen showed."""
    streaming: bool
    """Whether more was to come."""


@dataclass
class Found:
    """What was found after it."""

    kill: Kill
    sent: int = 0
    """Tokens that had left the server for this engine."""
    lost: int = 0
    lost_s: float = 0.0
    """Seconds from the first token that is lost to the kill."""
    again: bool = False
    """Whether the question had not come to the engine, and was asked again from the prompt's history."""
    faults: list[tuple[Fault, str]] = field(default_factory=list)

    def note(self, fault: Fault, about: str) -> None:
        self.faults.append((fault, about))


def judge(home: Home, kill: Kill, turn: KeptTurn | None) -> Found:
    """Looks at the store. `turn`: how the answer is kept there, once docmind has been started again."""
    found = Found(kill)
    if damage := home.damage():
        found.note("damaged", damage)
    if kill.target == "screen":
        if turn and turn.state == "broken":
            found.note("wrong text", "the answer broke off with the screen")
        return found
    sent = home.sent(kill.since, kill.at)
    kept = _kept(turn) if turn else set[str]()
    lost = [at for token, at in sent.items() if token not in kept]
    found.sent, found.lost = len(sent), len(lost)
    found.lost_s = max((kill.at - at for at in lost), default=0.0)
    if turn and turn.answer.split() != home.words[: len(turn.answer.split())]:
        found.note("wrong text", f"kept as the answer: {turn.answer!r}")
    if turn and turn.state in ("stopped", "done") and turn.answer.split() != home.words:
        found.note("not marked", f"the answer is called {turn.state}")
    return found


def _kept(turn: KeptTurn) -> set[str]:
    text = "".join(timed.event.text for timed in turn.events if isinstance(timed.event, Token | Thought))
    return {*numbered(text), *numbered(turn.answer)}
