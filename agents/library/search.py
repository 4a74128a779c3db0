"""Ranks chunks by BM25 over FTS5: stemmed words, query stop words dropped, phrases where the query has them.

FTS5's bm25 has k1 = 1.2 and b = 0.75 built in; a word in a chunk's heading path counts like one in its text.
"""

import sqlite3
from collections.abc import Sequence

from .query import any_of, phrases, quoted, words

MOST_POSTINGS = 20_000
"""Most occurrences (a word in a chunk) that one search ranks; each costs 1.2 to 2 microseconds."""


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
    sql = "SELECT rowid, -rank FROM passage WHERE passage MATCH ? ORDER BY rank LIMIT ?"
    return connection.execute(sql, (match, k)).fetchall()


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
