"""How much a word says: inverse document frequency over the chunks of a library."""

import math
from collections.abc import Sequence

from .index import Library


def rarity(library: Library, stems: Sequence[str]) -> dict[str, float]:
    """Stem -> idf, as in BM25: ln(1 + (N - df + 0.5) / (df + 0.5)); highest for a stem that no chunk holds."""
    _, chunks = library.counts()
    frequency = library.document_frequency(stems)
    return {stem: math.log1p((chunks - df + 0.5) / (df + 0.5)) for stem, df in frequency.items()}
