"""Ranks chunks by BM25 over FTS5: stemmed words, query stop words dropped, a match in a heading counts more."""

import sqlite3

from .query import any_of, phrases, quoted, words


def search(connection: sqlite3.Connection, query: str, k: int) -> list[tuple[int, float]]:
    """(chunk id, score) of the best `k` chunks; a higher score is better. Raises sqlite3.Error."""
    terms = words(query)
    if not terms or k < 1:
        return []
    wanted = [" ".join(phrase) for phrase in phrases(query)]
    if wanted:
        exact = " AND ".join(quoted(phrase) for phrase in wanted)
        # Nothing holds the phrase: its words are the next best.
        return _ranked(connection, f"({exact}) AND ({any_of(terms)})", k) or _ranked(connection, any_of(terms), k)
    return _ranked(connection, any_of(terms), k)


def _ranked(connection: sqlite3.Connection, match: str, k: int) -> list[tuple[int, float]]:
    sql = "SELECT rowid, -rank FROM passage WHERE passage MATCH ? ORDER BY rank LIMIT ?"
    return connection.execute(sql, (match, k)).fetchall()
