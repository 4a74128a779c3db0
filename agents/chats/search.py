"""Full-text search over all chats: stemmed words and phrases, the newest turn first.

Every word and every phrase has to be there; where no turn has all words, those with the rarest of them come, best
first. Ranking by BM25 reads every turn that holds a word (2 microseconds each); the newest are found without that.
"""

import itertools
import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from ..library.query import any_of, phrases, quoted, words
from ..text import clean
from .records import Hit
from .store import ChatStore

WORDS_AROUND = 24
"""Length of a snippet, in words."""
MOST_RANKED = 20_000
"""Most occurrences (a word in a turn) that one search ranks."""
SHORTEST_BEGINNING = 4
"""Letters of a word that is still being typed; shorter ones begin too many words."""

MOST_READ = 20_000
"""Turns that are read for words of a script that sets no spaces: some 0.1 s."""

_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese; Korean, which joins endings to its words."""
_CHARS_AROUND = 40
_MARKS = re.compile("[\x02\x03]")
_SNIPPET = f"snippet(said, {{}}, char(2), char(3), '…', {WORDS_AROUND})"
_HITS = f"""
SELECT chat.id, turn.run, chat.title, turn.asked_at, {_SNIPPET.format(0)}, {_SNIPPET.format(1)}
FROM said JOIN turn ON turn.n = said.rowid JOIN chat ON chat.id = turn.chat
WHERE said MATCH ? AND chat.deleted_at IS NULL ORDER BY {{}} LIMIT ?"""
_NEWEST = """
SELECT chat.id, run, chat.title, asked_at, question, answer
FROM (SELECT * FROM turn ORDER BY n DESC LIMIT ?) AS newest JOIN chat ON chat.id = newest.chat
WHERE chat.deleted_at IS NULL AND {} ORDER BY newest.n DESC LIMIT ?"""
_TITLES = """
SELECT id, coalesce(head, ''), title, changed_at FROM chat
WHERE titled_by <> 'question' AND deleted_at IS NULL AND {} ORDER BY changes DESC LIMIT ?"""


def search(store: ChatStore, query: str, limit: int = 50, typing: bool = False) -> list[Hit]:
    """The turns that any text finds; before them the chats whose own titles hold all of its words.

    Words in quotation marks are looked for as a phrase. `typing`: the last word may be only its beginning. Raises
    DocmindError.
    """
    terms = words(query)
    if not terms:
        return []
    with store.reading() as db:
        read = _read(db, terms, limit) if any(map(_UNSPACED.search, terms)) else []
        found = [*_titles(db, terms, limit), *(read or _all(db, query, terms, limit, typing))]
        if not found and not phrases(query):
            found = list(_any(db, terms, limit))
        return found[:limit]


def _titles(db: sqlite3.Connection, terms: Sequence[str], limit: int) -> Iterator[Hit]:
    """Titles that are not the first question, which is found anyway."""
    sql = _TITLES.format("holds(title, ?)")
    for chat, run, title, at in db.execute(sql, (" ".join(terms).casefold(), limit)):
        text = clean(title)
        marks = [match.span() for match in re.finditer("|".join(map(re.escape, terms)), text, re.IGNORECASE)]
        yield Hit(chat=chat, run=run, title=text, where="title", snippet=text, marks=marks, asked_at=at)


def _all(db: sqlite3.Connection, query: str, terms: Sequence[str], limit: int, typing: bool) -> Iterator[Hit]:
    parts = [quoted(term) for term in (*phrases(query), *terms)]
    if typing and query[-1:].isalnum() and len(terms[-1]) >= SHORTEST_BEGINNING:
        parts[-1] += " *"
    return map(_hit, db.execute(_HITS.format("said.rowid DESC"), (" AND ".join(parts), limit)))


def _read(db: sqlite3.Connection, terms: Sequence[str], limit: int) -> list[Hit]:
    """Of the newest turns those that hold all the terms, each anywhere in a word."""
    sql = _NEWEST.format(" AND ".join(["(question LIKE ? OR answer LIKE ?)"] * len(terms)))
    values = [f"%{term}%" for term in terms for _ in range(2)]
    wanted = re.compile("|".join(map(re.escape, terms)), re.IGNORECASE)
    rows = db.execute(sql, (MOST_READ, *values, limit))
    return [_hit((*row, _cut(question, wanted), _cut(answer, wanted))) for *row, question, answer in rows]


def _cut(text: str, wanted: re.Pattern[str]) -> str:
    """What stands around the first hit, marked as SQLite does it; the beginning where there is none."""
    text = _MARKS.sub("", text)
    found = wanted.search(text)
    first = max(found.start() - _CHARS_AROUND, 0) if found else 0
    last = max(found.end() if found else 0, first + 2 * _CHARS_AROUND)
    marked = wanted.sub("\x02\\g<0>\x03", text[first:last])
    return f"{'…' if first else ''}{marked}{'…' if text[last:] else ''}"


def _any(db: sqlite3.Connection, terms: Sequence[str], limit: int) -> Iterator[Hit]:
    """Of the rarest words, as many as can be ranked."""
    counted = sorted((_turns_with(db, term), term) for term in terms)
    there = [(count, term) for count, term in counted if count]
    sums = itertools.accumulate(count for count, _ in there)
    rare = [term for total, (_, term) in zip(sums, there, strict=True) if total <= MOST_RANKED]
    if rare:
        return map(_hit, db.execute(_HITS.format("rank"), (any_of(rare), limit)))
    newest = [term for _, term in there[:1]]
    return map(_hit, db.execute(_HITS.format("said.rowid DESC"), (any_of(newest), limit))) if newest else iter(())


def _turns_with(db: sqlite3.Connection, term: str) -> int:
    """How many, as far as it matters."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM said WHERE said MATCH ? LIMIT ?)"
    return int(db.execute(sql, (quoted(term), MOST_RANKED + 1)).fetchone()[0])


def _hit(row: Sequence[Any]) -> Hit:
    chat, run, title, at, question, answer = row
    in_question = "\x02" in question
    snippet, marks = _marked(question if in_question else answer)
    return Hit(
        chat=chat,
        run=run,
        title=clean(title),
        where="question" if in_question else "answer",
        snippet=snippet,
        marks=marks,
        asked_at=at,
    )


def _marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text of a snippet on one line, and where its marks stand."""
    snippet, marks = "", []
    for number, piece in enumerate(_MARKS.split(" ".join(text.split()))):
        start = len(snippet)
        snippet += clean(piece)
        if number % 2:
            marks.append((start, len(snippet)))
    return snippet, marks
