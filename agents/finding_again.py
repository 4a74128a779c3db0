"""Finds a passage of an older version of a document again, or what stands in its place now.

Only words are compared: how the spaces and line breaks between them are does not matter.
"""

import heapq
import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .difference import aligned, words
from .records import Change, Passage

REACH = 3
"""Passages before and after: about 10 KB of text."""
_MOST_COMPARED = 20_000
"""Characters of a passage that are compared; only one that did not come from docmind is longer."""
_MOST_FOUND, _MOST_RATED = 10_000, 20
"""Places with the same words that are noted, and, of the nearest ones, those whose lines are counted."""
_SPACED = re.compile(r"[0-9A-Za-z\u00c0-\u0dff]")
"""Of the scripts that put spaces between words: where one of these stands before or behind, a word goes on."""


class Spot(NamedTuple):
    """Where words stand: from character `start` to `end` of `text`, which is a piece of one page or of a document."""

    text: str
    start: int
    end: int
    page: int | None
    first: int | None
    """Number of the first line of `text`; None without line numbers."""

    @property
    def lines(self) -> tuple[int, int] | None:
        """First and last line of the words."""
        start, end = self.line_at(self.start), self.line_at(self.end)
        return None if start is None or end is None else (start, end)

    def line_at(self, position: int) -> int | None:
        return None if self.first is None else self.first + self.text.count("\n", 0, position)


def joined(passages: Sequence[Passage]) -> str:
    """With the blank lines between them, which are part of none: so that lines can be counted."""
    parts = [passage.text for passage in passages[:1]]
    for former, passage in itertools.pairwise(passages):
        lines = passage.lines[0] - former.lines[1] if passage.lines and former.lines else 1
        parts += ["\n" * lines or " ", passage.text]  # 0: a long line was cut between its words
    return "".join(parts)


def found(passage: Passage, document: Sequence[Passage]) -> Spot | None:
    """Where all words of `passage` stand, nearest to its old place; None when they stand nowhere in `document`."""
    wanted = _spaced(passage.text[:_MOST_COMPARED])
    if not wanted:
        return None
    pages = [_Page(list(pieces)) for _, pieces in itertools.groupby(document, key=lambda piece: piece.page)]
    hits = itertools.islice(((page, at) for page in pages for at in page.find(wanted)), _MOST_FOUND)
    near = heapq.nsmallest(_MOST_RATED, hits, key=lambda hit: _distance(passage, hit[0].number, hit[0].about(hit[1])))
    spots = [page.spot(at, at + len(wanted)) for page, at in near]
    return min(spots, key=lambda spot: _distance(passage, spot.page, spot.line_at(spot.start)), default=None)


def replaced(passage: Passage, document: Sequence[Passage]) -> tuple[Spot, list[Change]] | None:
    """What stands in the place of `passage`, and the difference; None when nothing is like it any more."""
    old = passage.text[:_MOST_COMPARED]
    wanted = set(words(old))
    if not wanted or not document:
        return None

    def likeness(index: int) -> tuple[int, int]:
        piece = document[index]
        line = piece.lines[0] if piece.lines else None
        return len(wanted & set(words(piece.text))), -_distance(passage, piece.page, line)

    best = max(range(len(document)), key=likeness)
    near = [piece for piece in document[max(best - 1, 0) : best + 2] if piece.page == document[best].page]
    text = joined(near)
    found = aligned(old, text)
    return (_spot(near, text, found.start, found.end), found.changes) if found else None


class _Page:
    """A page, or the whole of a document without pages, with one space wherever there was any white space."""

    def __init__(self, pieces: Sequence[Passage]) -> None:
        self._pieces, self.number = pieces, pieces[0].page
        spaced = [_spaced(piece.text) for piece in pieces]
        self._text = " ".join(spaced)
        self._starts = list(itertools.accumulate((len(text) + 1 for text in spaced), initial=0))

    def find(self, wanted: str) -> Iterator[int]:
        """Where these words begin."""
        at = self._text.find(wanted)
        while at >= 0:
            end = at + len(wanted)
            if not any(_goes_on(self._text[max(edge - 1, 0) : edge + 1]) for edge in (at, end)):
                yield at
            at = self._text.find(wanted, at + 1)

    def about(self, at: int) -> int | None:
        """About which line that is, without counting."""
        index = self._index(at)
        lines, start = self._pieces[index].lines, self._starts[index]
        share = (at - start) / (self._starts[index + 1] - start)
        return lines and round(lines[0] + share * (lines[1] - lines[0]))

    def spot(self, start: int, end: int) -> Spot:
        first = max(self._index(start) - REACH, 0)
        near = self._pieces[first : self._index(end - 1) + REACH + 1]
        text = joined(near)
        return _spot(near, text, *_unspaced(text, start - self._starts[first], end - self._starts[first]))

    def _index(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1


def _spot(near: Sequence[Passage], text: str, start: int, end: int) -> Spot:
    return Spot(text, start, end, near[0].page, near[0].lines[0] if near[0].lines else None)


def _spaced(text: str) -> str:
    """With one space wherever there was any white space."""
    return " ".join(text.split())


def _unspaced(text: str, start: int, end: int) -> tuple[int, int]:
    """Where characters `start` to `end` of the spaced text are in `text`."""
    origins: list[int] = []
    for word in re.finditer(r"\S+", text):
        origins += [*range(*word.span()), word.end()]
        if len(origins) >= end:
            break
    return origins[start], origins[end - 1] + 1


def _goes_on(pair: str) -> bool:
    """Whether both of two neighbouring characters are of one word."""
    return len(pair) == 2 and bool(_SPACED.match(pair[0]) and _SPACED.match(pair[1]))


def _distance(passage: Passage, page: int | None, line: int | None) -> int:
    """From its old place, in pages or lines."""
    if passage.page is not None and page is not None:
        return abs(page - passage.page)
    return abs(line - passage.lines[0]) if passage.lines and line is not None else 0
