"""The words of passages that answer a question or support a claim: sentences, joined to excerpts of at most 60 words.

A stem counts by its rarity (inverse document frequency, Robertson and Sparck Jones 1976): "exchanger" tells more than
"new". Nothing here needs a model.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence

import msgspec

from .backends.base import Rarity
from .library.sentences import Span, sentences
from .library.terms import stems
from .protocol import Passage

MAX_WORDS = 60


class Excerpt(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive sentences of one passage."""

    passage: Passage
    span: Span
    """Offsets in the passage's text."""
    score: float
    """0 to about 1: share of what was looked for, by weight."""

    @property
    def text(self) -> str:
        """The words as they stand, white space folded."""
        return " ".join(self.passage.text[slice(*self.span)].split())


def rarity_among(texts: Sequence[Collection[str]]) -> Rarity:
    """Inverse document frequency within `texts` (their stems), for when no index is at hand."""

    def rarity(wanted: Sequence[str]) -> dict[str, float]:
        counts = {stem: sum(stem in text for text in texts) for stem in wanted}
        return {stem: math.log(1 + (len(texts) + 0.5 - count) / (count + 0.5)) for stem, count in counts.items()}

    return rarity


def weigh(wanted: Collection[str], rarity: Rarity) -> dict[str, float]:
    """The weight of each stem, positive; they add up to 1."""
    found = rarity(sorted(wanted))
    weights = {stem: max(found.get(stem, 0.0), 0.01) for stem in wanted}
    total = sum(weights.values())
    return {stem: weight / total for stem, weight in weights.items()}


class _Piece(msgspec.Struct, frozen=True):
    """A sentence, or a part of one that is over the limit."""

    span: Span
    words: int
    stems: frozenset[str]


def excerpts(weights: Mapping[str, float], passages: Sequence[Passage]) -> list[Excerpt]:
    """Every run of sentences of at most MAX_WORDS words, as long as it can be, best first."""
    found = [
        Excerpt(passage=passage, span=(run[0].span[0], run[-1].span[1]), score=_score(weights, pieces, run, heading))
        for passage, pieces, heading in _analysed(passages)
        for run in _runs(pieces)
    ]
    return sorted(found, key=lambda excerpt: -excerpt.score)


def _analysed(passages: Sequence[Passage]) -> list[tuple[Passage, list[_Piece], frozenset[str]]]:
    """Each passage with its pieces and the stems of its heading; all stemmed in one go."""
    spans = [_spans(passage.text) for passage in passages]
    texts = [p.text[a:b] for p, found in zip(passages, spans, strict=True) for a, b in found]
    terms = iter(stems(texts + [passage.heading for passage in passages]))
    pieces = [
        [_Piece(span, len(p.text[slice(*span)].split()), frozenset(next(terms))) for span in found]
        for p, found in zip(passages, spans, strict=True)
    ]
    return [(p, found, frozenset(next(terms))) for p, found in zip(passages, pieces, strict=True)]


def _spans(text: str) -> list[Span]:
    return [part for span in sentences(text) for part in _parts(text, span)]


def _parts(text: str, span: Span) -> list[Span]:
    """The span, cut where a part of it would grow over MAX_WORDS words."""
    words = [match.span() for match in re.compile(r"\S+").finditer(text, *span)]
    return [(words[i][0], words[min(i + MAX_WORDS, len(words)) - 1][1]) for i in range(0, len(words), MAX_WORDS)]


def _runs(pieces: Sequence[_Piece]) -> list[Sequence[_Piece]]:
    """From each piece on as many as fit."""
    runs = []
    for start in range(len(pieces)):
        end, words = start + 1, pieces[start].words
        while end < len(pieces) and words + pieces[end].words <= MAX_WORDS:
            words += pieces[end].words
            end += 1
        runs.append(pieces[start:end])
    return runs


NEAR, FAR = 0.5, 0.3
"""What a stem counts in the sentence beside the excerpt, and elsewhere in its passage or heading."""


def _score(
    weights: Mapping[str, float], pieces: Sequence[_Piece], run: Sequence[_Piece], heading: frozenset[str]
) -> float:
    first, last = pieces.index(run[0]), pieces.index(run[-1])
    here = set().union(*(piece.stems for piece in run))
    near = set().union(*(piece.stems for piece in (*pieces[max(first - 1, 0) : first], *pieces[last + 1 : last + 2])))
    far = heading.union(*(piece.stems for piece in pieces))
    return sum(
        weight * (1 if stem in here else NEAR if stem in near else FAR if stem in far else 0)
        for stem, weight in weights.items()
    )
