"""Ranks chunks by BM25 over FTS5: stemmed words, query stop words dropped, phrases where the query has them.

FTS5's bm25 has k1 = 1.2 and b = 0.75 built in; a word in a chunk's heading path counts like one in its text.
"""

import sqlite3
import sys
from collections import Counter
from collections.abc import Sequence

from .query import any_of, phrases, quoted, words

MOST_POSTINGS = 20_000
"""Most occurrences (a word in a chunk) that one search ranks; each costs 1.2 to 2 microseconds."""


SAME_FILE = 0.8
"""What each further chunk of a file counts of its score, so that other files come into view. Among ten results it lifts
nDCG@10 on Cranfield from 0.380 to 0.386 (0.6: 0.389, but then the third-best chunk of the right book is missed)."""
CANDIDATES = 5
"""Chunks that are ranked for each result."""


def search(
    connection: sqlite3.Connection, query: str, k: int, most_postings: int = MOST_POSTINGS
) -> list[tuple[int, float]]:
    """(chunk id, score) of the best `k` chunks; a higher score is better. Raises sqlite3.Error."""
    terms = _affordable(connection, words(query), most_postings)
    if wanted := phrases(query):
        exact = " AND ".join(map(quoted, wanted))
        # The words after the phrases do not restrict, they only rank.
        if found := _ranked(connection, f"({exact}) AND ({any_of([*wanted, *terms])})", k):
            return found
    return _ranked(connection, any_of(terms), k) if terms else []


def _ranked(connection: sqlite3.Connection, match: str, k: int) -> list[tuple[int, float]]:
    sql = """SELECT best.rowid, best.score, chunk.file
             FROM (SELECT rowid, -rank AS score FROM passage WHERE passage MATCH ? ORDER BY rank LIMIT ?) AS best
             JOIN chunk ON chunk.id = best.rowid ORDER BY best.score DESC"""
    seen: Counter[int] = Counter()
    spread = []
    for chunk, score, file in connection.execute(sql, (match, min(CANDIDATES * k, sys.maxsize))):
        spread.append((chunk, score * SAME_FILE ** seen[file]))
        seen[file] += 1
    return sorted(spread, key=lambda found: -found[1])[:k]


def _affordable(connection: sqlite3.Connection, terms: Sequence[str], most_postings: int) -> Sequence[str]:
    """The rarest of the terms, up to `most_postings` in all; all of them in a library that cannot hold more.

    In a large library the frequent words of a long question cost most and tell least.
    """
    chunks = connection.execute("SELECT max(id) FROM chunk").fetchone()[0] or 0
    if chunks * len(terms) <= most_postings:
        return terms
    kept, postings = list[str](), 0
    for count, term in sorted((_postings(connection, term), term) for term in terms):
        postings += count
        if kept and postings > most_postings:
            break
        if count:
            kept.append(term)
    return kept


def _postings(connection: sqlite3.Connection, term: str) -> int:
    """Chunks that hold the term: 40 times cheaper to count than to rank."""
    counted = connection.execute("SELECT count(*) FROM passage WHERE passage MATCH ?", (quoted(term),))
    return int(counted.fetchone()[0])
