"""How much a word says: inverse document frequency over the chunks of a library."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .index import Library

PRIOR = 20
"""Chunks without any of the words that are counted in addition. What every chunk of a small folder says is its subject,
not a common word like "the"; without them a single chunk's words count a fifth of words that it does not hold. In a
large library they change nothing. With 10 benchmarks/quotes.py finds one answer fewer, with 40 a folder of ten chunks
is quoted to more questions that it does not answer."""


def rarity(library: "Library", stems: Sequence[str]) -> dict[str, float]:
    """Stem -> idf; highest for a stem that no chunk holds."""
    _, chunks = library.counts()
    return {stem: idf(held, chunks) for stem, held in library.document_frequency(stems).items()}


def idf(held: int, texts: int) -> float:
    """The weight of a word that `held` of `texts` texts hold, as in BM25: ln(1 + (N - n + 0.5) / (n + 0.5)).

    N is `texts` + PRIOR, n is `held`. Above 0.
    """
    return math.log1p((texts + PRIOR - held + 0.5) / (held + 0.5))
