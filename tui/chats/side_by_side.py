"""Two answers to one question, beside each other; one below the other where the terminal is narrow."""

import itertools
import time
from collections.abc import Iterator, Sequence

from docmind.agents.protocol import Answered, AnyEvent, Failed, RunEvent
from docmind.agents.text import clean

from ..answer import Printer
from ..sources import source
from ..telling import failure, summary
from ..transcript.turn import Turn
from ..wrapping import Wrapper, columns_of

NARROW = 100
"""Columns of a terminal below which the answers stand one below the other."""
_GAP = " │ "


class Following(Printer):
    """Shows nothing of an answer but its notices; keeps it."""

    def __init__(self, question: str) -> None:
        super().__init__()
        self.turn = Turn("", question)

    def show(self, event: AnyEvent) -> None:
        super().show(event)
        if isinstance(event, RunEvent):
            self.turn.take(event, time.monotonic())


def told(when: str, turn: Turn) -> str:
    """The answer with its sources, as far as it goes; above it when it was given, and by which profile."""
    end = turn.end
    profile = f"{end.profile} · {end.model}" if isinstance(end, Answered) else "not answered"
    lines = [f"{when}: {profile}", "", turn.answer.strip(), ""]
    if sources := turn.sources:
        headings = {citation.n: passage.heading for citation, passage in sources}
        lines += ["Sources", *(source(each, headings[each.n], turn.answer, None) for each, _ in sources), ""]
    match end:
        case Answered():
            lines.append(summary(end))
        case Failed():
            lines.append(failure(end))
    return clean("\n".join(lines))


def side_by_side(left: str, right: str, width: int) -> Iterator[str]:
    """The lines of both, each of at most `width` columns."""
    if width < NARROW:
        yield from (*_wrapped(left, width), "─" * width, *_wrapped(right, width))
        return
    half = (width - len(_GAP)) // 2
    for one, other in itertools.zip_longest(_wrapped(left, half), _wrapped(right, half), fillvalue=""):
        yield f"{one}{' ' * (half - columns_of(one))}{_GAP}{other}".rstrip()


def _wrapped(text: str, width: int) -> Sequence[str]:
    wrapper = Wrapper(width)
    lines = (wrapper.feed(text) + wrapper.close()).split("\n")
    return [part for line in lines for part in _cut(line.expandtabs(4), width)]


def _cut(line: str, width: int) -> Iterator[str]:
    """Words that are longer than a line are cut."""
    part, size = "", 0
    for character in line:
        if size + columns_of(character) > width:
            yield part
            part, size = "", 0
        part, size = part + character, size + columns_of(character)
    yield part
