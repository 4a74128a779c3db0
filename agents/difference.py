"""The difference between two texts, word by word; how the spaces and line breaks between words are does not count."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice
from typing import NamedTuple

from .records import Change

_LETTER = r"[0-9A-Za-z\u00c0-\u0dff_]"
_WORD = re.compile(rf"{_LETTER}+(?:[.,'’:/-]{_LETTER}+)*|\S")
"""Scripts without spaces count letter by letter; `18.5` and `l/min` are one word."""
_MOST_WORDS = 4_000
"""Words that are compared; docmind's own passages have at most some hundred."""
_ALIKE = 0.3
"""Share of a text's words that must be left in another one, or it is no newer version of it."""
_SHORT = 2
"""Words that are left between changes of more words than these say nothing: `of the`."""


class _Step(NamedTuple):
    """What happens to the words `a` to `b` of the old text, which are `c` to `d` of the new one."""

    kind: str
    a: int
    b: int
    c: int
    d: int

    @property
    def size(self) -> int:
        return max(self.b - self.a, self.d - self.c)


class Aligned(NamedTuple):
    """Where in a longer text the newer version of a passage stands, and what is different."""

    start: int
    end: int
    changes: list[Change]


class _Text:
    """A text as words; each begins at the end of the one before, with the white space between them."""

    def __init__(self, text: str) -> None:
        self.text = text
        found = list(islice(_WORD.finditer(text), _MOST_WORDS))
        self.words = [match[0] for match in found]
        self.starts = [match.start() for match in found]
        self.ends = [0, *(match.end() for match in found)]

    def cut(self, first: int, last: int) -> str:
        return self.text[self.ends[first] : self.ends[last]]


def words(text: str) -> list[str]:
    """The words of a text, punctuation included."""
    return _WORD.findall(text)


def aligned(passage: str, text: str) -> Aligned | None:
    """Finds the newer version of `passage` in `text`, which may hold more; None when too little is left of it."""
    old, new = _Text(passage), _Text(text)
    anchor = SequenceMatcher(None, old.words, new.words).find_longest_match()
    slack = len(old.words) // 4 + 8
    first = max(anchor.b - anchor.a - slack, 0)
    last = min(anchor.b + len(old.words) - anchor.a + slack, len(new.words))
    found = SequenceMatcher(None, old.words, new.words[first:last]).get_opcodes()
    steps = _trimmed([_Step(kind, a, b, c + first, d + first) for kind, a, b, c, d in found])
    kept = sum(step.b - step.a for step in steps if step.kind == "equal")
    if not steps or kept < _ALIKE * len(old.words):
        return None
    first, last = steps[0].c, steps[-1].d
    start = new.starts[first] if first < last else new.ends[first]
    return Aligned(start, new.ends[last], list(_changes(old, new, _smoothed(steps))))


def _trimmed(steps: list[_Step]) -> list[_Step]:
    """Without what stands before and behind: at the ends, as many new words as were there before."""
    if steps and steps[0].kind != "equal":
        head = steps[0]
        steps[0] = head._replace(c=max(head.c, head.d - (head.b - head.a)))
    if steps and steps[-1].kind != "equal":
        tail = steps[-1]
        steps[-1] = tail._replace(d=min(tail.d, tail.c + (tail.b - tail.a)))
    return [step for step in steps if step.size]


def _smoothed(steps: Sequence[_Step]) -> list[_Step]:
    """A word or two that happen to be left between longer changes are taken as changed, too."""
    smooth: list[_Step] = []
    for before, step, behind in zip([None, *steps], steps, [*steps[1:], None], strict=False):
        lonely = before and behind and step.size <= _SHORT < min(before.size, behind.size)
        if step.kind != "equal" or lonely:
            step = step._replace(kind="replace")
            if smooth and smooth[-1].kind != "equal":
                former = smooth.pop()
                step = step._replace(a=former.a, c=former.c)
        smooth.append(step)
    return smooth


def _changes(old: _Text, new: _Text, steps: Sequence[_Step]) -> Iterator[Change]:
    for kind, a, b, c, d in steps:
        if kind == "equal":
            yield Change("same", new.cut(c, d))
            continue
        if a < b:
            yield Change("removed", old.cut(a, b))
        if c < d:
            yield Change("added", new.cut(c, d))
