"""The words of passages that answer a question or support a claim: sentences, joined to excerpts of at most 60 words.

A stem counts by its rarity (inverse document frequency, Robertson and Sparck Jones 1976): "exchanger" tells more than
"new". Nothing here needs a model.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from .backends.base import Rarity
from .library.rarity import idf
from .library.sentences import Span, sentences
from .library.terms import content, stems
from .records import Passage

MAX_WORDS = 60
NEAR, FAR = 0.3, 0.2
"""What a stem counts in the sentence beside the excerpt, and elsewhere in its passage or heading; in it, 1.
Any values from 0.2 to 0.5 and 0 to 0.3 did as well (benchmarks/quotes.py)."""
_WORD_COST = 1 / 400
"""Coverage that each word of the closest excerpt must bring; keeps it to the sentence that matters."""


class Excerpt(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive sentences of one passage."""

    passage: Passage
    span: Span
    """Offsets in the passage's text."""
    words: int
    coverage: float
    """0 to 1: how much of what was looked for is in the excerpt or about it, by weight."""
    found: int
    """How many of the stems looked for are in the excerpt or about it."""

    @property
    def text(self) -> str:
        """The words as they stand, white space folded."""
        return " ".join(self.passage.text[slice(*self.span)].split())

    def overlaps(self, other: "Excerpt") -> bool:
        return self.passage is other.passage and self.span[0] < other.span[1] and other.span[0] < self.span[1]


def excerpts(weights: Mapping[str, float], passages: Sequence[Passage]) -> list[Excerpt]:
    """Every run of sentences of at most MAX_WORDS words; `weights` are of the stems looked for and add up to 1."""
    return [
        _excerpt(weights, passage, pieces, run, around)
        for passage, pieces, around in _analysed(passages)
        for run in _runs(pieces)
    ]


def closest(passage: Passage, words: str, rarity: Rarity) -> Excerpt | None:
    """The part of the passage that is closest to `words`; None when it holds nothing but headings."""
    terms = stems([words])[0]
    weights = weigh(content(terms) or set(terms), rarity)
    return max(excerpts(weights, [passage]), key=lambda found: found.coverage - found.words * _WORD_COST, default=None)


def weigh(wanted: Collection[str], rarity: Rarity) -> dict[str, float]:
    """The weight of each stem, positive; they add up to 1."""
    found = rarity(sorted(wanted))
    weights = {stem: max(found.get(stem, 0.0), 0.01) for stem in wanted}
    total = sum(weights.values())
    return {stem: weight / total for stem, weight in weights.items()}


def rarity_among(texts: Sequence[Collection[str]]) -> Rarity:
    """Inverse document frequency within `texts` (their stems), for when no index is at hand."""

    def rarity(wanted: Sequence[str]) -> dict[str, float]:
        counts = {stem: sum(stem in text for text in texts) for stem in wanted}
        return {stem: idf(count, len(texts)) for stem, count in counts.items()}

    return rarity


class _Piece(msgspec.Struct, frozen=True):
    """A sentence, or a part of one that is over the limit."""

    span: Span
    words: int
    stems: frozenset[str]
    is_heading: bool
    """A heading tells what the text is about, but is no answer: no excerpt begins or ends with one."""


def _analysed(passages: Sequence[Passage]) -> Iterator[tuple[Passage, list[_Piece], frozenset[str]]]:
    """Each passage with its pieces, and the stems of all of them and its heading; stemmed in one go."""
    spans = [[part for span in sentences(p.text) for part in _parts(p.text, span)] for p in passages]
    texts = [p.text[a:b] for p, found in zip(passages, spans, strict=True) for a, b in found]
    terms = iter(stems([*texts, *(passage.heading for passage in passages)]))
    pieces = [
        [_piece(p, span, frozenset(next(terms))) for span in found] for p, found in zip(passages, spans, strict=True)
    ]
    for passage, found in zip(passages, pieces, strict=True):
        yield passage, found, frozenset(next(terms)).union(*(piece.stems for piece in found))


def _piece(passage: Passage, span: Span, terms: frozenset[str]) -> _Piece:
    text = passage.text[slice(*span)]
    # Only Markdown has headings; in a script the same sign begins a comment.
    return _Piece(span, len(text.split()), terms, is_heading=bool(passage.heading) and text.startswith("#"))


def _parts(text: str, span: Span) -> list[Span]:
    """The span, cut into as few and as equal parts of at most MAX_WORDS words as can be."""
    words = [match.span() for match in re.compile(r"\S+").finditer(text, *span)]
    size = math.ceil(len(words) / math.ceil(len(words) / MAX_WORDS))
    return [(words[i][0], words[min(i + size, len(words)) - 1][1]) for i in range(0, len(words), size)]


def _runs(pieces: Sequence[_Piece]) -> Iterator[range]:
    """All ranges of pieces that fit into MAX_WORDS words."""
    for start in range(len(pieces)):
        words = 0
        for end in range(start, len(pieces)):
            words += pieces[end].words
            if words > MAX_WORDS:
                break
            if not pieces[start].is_heading and not pieces[end].is_heading:
                yield range(start, end + 1)


def _excerpt(
    weights: Mapping[str, float], passage: Passage, pieces: Sequence[_Piece], run: range, around: frozenset[str]
) -> Excerpt:
    here = frozenset[str]().union(*(pieces[i].stems for i in run))
    near = frozenset[str]().union(*(pieces[i].stems for i in (run[0] - 1, run[-1] + 1) if 0 <= i < len(pieces)))
    shares = {stem: 1 if stem in here else NEAR if stem in near else FAR for stem in weights if stem in around}
    return Excerpt(
        passage=passage,
        span=(pieces[run[0]].span[0], pieces[run[-1]].span[1]),
        words=sum(pieces[i].words for i in run),
        coverage=sum(weights[stem] * share for stem, share in shares.items()),
        found=len(shares),
    )
