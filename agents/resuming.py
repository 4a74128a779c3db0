"""What the record of an answer that broke off holds: the steps that were done, and the text that stands. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from .passages import render
from .protocol import Retracted, Thought, TimedEvent, Token, ToolCalled, ToolReturned
from .text import one_line

LONGEST_THOUGHT = 500
"""Characters of a thought that the model is shown again: a record does not tell it from thinking at length."""


class DoneStep(NamedTuple):
    """A call of a tool that has returned, and why it was made. It is not made again."""

    thought: str
    called: ToolCalled
    returned: ToolReturned

    @property
    def observation(self) -> str:
        """What the model was told."""
        returned = self.returned
        return returned.error or returned.text or render(returned.passages)


class Unfinished(NamedTuple):
    """How far an answer has come."""

    steps: tuple[DoneStep, ...] = ()
    said: str = ""
    """The beginning of the final answer, as it was shown."""
    thought: str = ""
    """What was thought since the last step."""

    @property
    def is_begun(self) -> bool:
        """Whether anything stands that the next attempt goes on with, or takes back."""
        return bool(self.steps or self.said or self.thought)


NOTHING = Unfinished()


def unfinished(events: Iterable[TimedEvent]) -> Unfinished:
    """How far the events of a turn have come; a call that has not returned counts for nothing."""
    found = NOTHING
    called: dict[str, ToolCalled] = {}
    for timed in events:
        match timed.event:
            case Token(text=text):
                found = found._replace(said=found.said + text)
            case Thought(text=text):
                found = found._replace(thought=found.thought + text)
            case Retracted() as retracted:
                found = _taken_back(found, retracted)
            case ToolCalled() as call:
                called[call.call] = call
            case ToolReturned() as returned if returned.call in called:
                call = called.pop(returned.call)
                step = DoneStep(one_line(found.thought, LONGEST_THOUGHT) or "(none)", call, returned)
                found = Unfinished((*found.steps, step))
    return found


def _taken_back(found: Unfinished, retracted: Retracted) -> Unfinished:
    said = "" if retracted.last is None else found.said[: max(len(found.said) - retracted.last, 0)]
    return found._replace(said=said, thought="" if retracted.thoughts else found.thought)
