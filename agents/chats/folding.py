"""What the events of a turn come to: its answer as far as it goes, who gave it, and how it ended. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from ..protocol.kept import TimedEvent, TurnState
from ..protocol.run_events import (
    CANCELLED,
    Answered,
    AnyRunEvent,
    Continued,
    Failed,
    Meter,
    Retracted,
    Switched,
    Token,
    ToolCalled,
    ToolReturned,
)


class Outcome(NamedTuple):
    """What a turn says of itself besides its events."""

    answer: str = ""
    profile: str = ""
    model: str = ""
    state: TurnState = "broken"
    """How its last event left it; a turn without an end is broken."""


def fold(events: Iterable[TimedEvent]) -> Outcome:
    """What the events come to."""
    text, outcome = _Text(), Outcome()
    for _, event in map(_parts, events):
        text.take(event)
        match event:
            case Meter():
                outcome = outcome._replace(profile=event.profile)
            case Switched():
                outcome = outcome._replace(profile=event.new)
            case Answered():
                text = _Text(event.answer)
                outcome = outcome._replace(profile=event.profile, model=event.model, state="done")
            case Continued():
                outcome = outcome._replace(state="broken")
            case Failed():
                outcome = outcome._replace(state="stopped" if event.code == CANCELLED else "broken")
    return outcome._replace(answer=text.all)


def _parts(timed: TimedEvent) -> tuple[float, AnyRunEvent]:
    return timed.at, timed.event


class _Text:
    """The text of an answer. Text that stood before a call that has returned is not taken back any more."""

    def __init__(self, text: str = "") -> None:
        self.all, self._final = text, 0
        self._called: dict[str, int] = {}

    def take(self, event: AnyRunEvent) -> None:
        match event:
            case Token():
                self.all += event.text
            case ToolCalled():
                self._called[event.call] = len(self.all)
            case ToolReturned():
                self._final = max(self._final, self._called.get(event.call, 0))
            case Retracted(last=None):
                self._shorten(0)
            case Retracted(last=int(last)):
                self._shorten(len(self.all) - last)

    def _shorten(self, length: int) -> None:
        """A call that is still to return stands no further back than the text does."""
        self.all = self.all[: max(self._final, length)]
        self._called = {call: min(at, len(self.all)) for call, at in self._called.items()}
