"""What can still be read of a damaged store, as a new one. The damaged file is kept beside it.

Whoever meets damage leaves a mark (schema.py); the next engine mends it before anything is written.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from .. import database
from ..text import one_line
from .schema import SCHEMA, damage_mark, errors_of, newer

_TABLES = {"chat": "n", "turn": "n", "record": "turn", "event": "n", "summary": "turn"}
"""Table -> its row numbers."""
_LARGEST = {"chat": "chat_changes", "turn": "turn_chat", "event": "event_turn"}
"""Table -> an index that also holds its row numbers."""
_ROW = 100
"""Bytes that a row takes at least; says how many there may be where nothing else does."""
_AT_ONCE = 500
_PAGE = 4096
_MEND = """
INSERT INTO chat(id, title, titled_by, roots, made_at, changed_at, changes, profile, pinned, archived)
SELECT chat, substr(question, 1, 80), 'question', '', asked_at, max(asked_at), min(n), profile, 0, 0
FROM turn WHERE chat NOT IN (SELECT id FROM chat) GROUP BY chat;
UPDATE turn SET parent = (
    SELECT run FROM turn AS earlier WHERE earlier.chat = turn.chat AND earlier.n < turn.n ORDER BY n DESC LIMIT 1
) WHERE parent NOT IN (SELECT run FROM turn);
UPDATE chat SET turns = (SELECT count(*) FROM turn WHERE chat = id);
UPDATE chat SET head = (SELECT run FROM turn WHERE chat = id ORDER BY n DESC LIMIT 1)
WHERE head NOT IN (SELECT run FROM turn) OR head IS NULL;
UPDATE chat SET head = head;
DELETE FROM record WHERE turn NOT IN (SELECT n FROM turn);
DELETE FROM event WHERE turn NOT IN (SELECT n FROM turn);
DELETE FROM summary WHERE turn NOT IN (SELECT n FROM turn);
"""
"""A chat whose own row is lost is named after its first question; a turn whose parent is lost follows the turn that was
asked before it; what belongs to no turn is of no use."""


def salvage(file: Path) -> str:
    """Puts a new store in the place of the damaged one; what the user should know. Only while nobody writes.

    Cut off at any point it is done again, or ended by `finish`. Raises DocmindError.
    """
    with errors_of(file):
        _refuse_newer(file)
        kept = _keep(file)
        part = _beside(file, ".new.part")
        _tidy(file)
        found, known = _read_into(part, file)
        database.sync(part)
        part.replace(_beside(file, ".new"))
    finish(file)
    of = f" of {known:,}" if known is not None else ""
    return f"The chats were damaged: {found:,}{of} answers could be read. The damaged file is {one_line(str(kept))}."


def finish(file: Path) -> None:
    """Takes the new store, if one is complete, in the place of the damaged one. Raises DocmindError."""
    new = _beside(file, ".new")
    if new.exists():
        with errors_of(file):
            database.sync(file.parent)
            _remove(_beside(file, "-wal"))  # first: the new store must never meet the changes of the old one
            _remove(_beside(file, "-shm"))
            new.replace(file)
            _remove(damage_mark(file))
            database.sync(file.parent)


def _refuse_newer(file: Path) -> None:
    """Its tables are not known here."""
    with suppress(sqlite3.DatabaseError), closing(database.look(file)) as db:
        if db.execute("PRAGMA user_version").fetchone()[0] > SCHEMA.version:
            raise newer(file)


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)


def _tidy(file: Path, *names: str) -> None:
    """Removes what the work needs besides, also that of one which was cut off."""
    for name in names or (".new.part", ".work", ".fresh"):
        for suffix in ("", "-wal", "-shm", "-journal"):
            _remove(_beside(file, name + suffix))


def _keep(file: Path) -> Path:
    """A copy under a name that is free."""
    number = 1
    while (kept := _beside(file, f".damaged.{number}")).exists():
        number += 1
    _copy(file, kept)
    return kept


def _copy(file: Path, target: Path) -> None:
    """With the changes that are not in the file itself yet."""
    for suffix in ("-wal", ""):
        if _beside(file, suffix).exists():
            shutil.copy(_beside(file, suffix), _beside(target, suffix))  # with its mode: for its owner only
            database.sync(_beside(target, suffix))


def _read_into(part: Path, file: Path) -> tuple[int, int | None]:
    """How many turns could be read, and of how many, where that can be told."""
    with closing(database.connect(part, "rwc", SCHEMA)) as new, closing(_opened(file, _beside(file, ".work"))) as old:
        new.execute("PRAGMA journal_mode=DELETE")  # so that all is in the file itself
        new.execute("BEGIN IMMEDIATE")
        for table, key in _TABLES.items():
            for rows in _rows(old, table, key, _most(old, table, file)):
                marks = ", ".join("?" * len(rows[0]))
                new.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)
        new.execute("COMMIT")
        new.executescript(f"BEGIN; {_MEND} COMMIT;")
        (found,) = new.execute("SELECT count(*) FROM turn").fetchone()
        known = _number(old, "SELECT count(*) FROM turn INDEXED BY turn_chat")
    _tidy(file, ".work", ".fresh")
    return found, known


def _opened(file: Path, work: Path) -> sqlite3.Connection:
    """The damaged file; where its first page is damaged, which says what is where, a copy with that of a new store."""
    with suppress(sqlite3.DatabaseError):
        return _reading(file)
    fresh = work.with_suffix(".fresh")
    database.connect(fresh, "rwc", SCHEMA).close()
    first = bytearray(fresh.read_bytes()[:_PAGE])
    first[28:40] = bytes(12)  # its size, and which pages are free: that was another file
    _copy(file, work)
    with work.open("r+b") as pages:
        pages.write(first)
    with suppress(sqlite3.DatabaseError):
        return _reading(work)
    return _reading(fresh)  # nothing is left


def _reading(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.text_factory = lambda text: text.decode(errors="replace")
        connection.execute("SELECT * FROM chat, turn, record, event, summary LIMIT 0")
    except BaseException:
        connection.close()
        raise
    return connection


def _most(old: sqlite3.Connection, table: str, file: Path) -> int:
    """The largest row number, or one that is larger."""
    index = _LARGEST.get(table, "")
    ways = [f"SELECT max({_TABLES[table]}) FROM {table}", f"SELECT max(n) FROM {table} INDEXED BY {index}"]
    found = (_number(old, way) for way in ways[: 2 if index else 1])
    return next((most for most in found if most is not None), file.stat().st_size // _ROW)


def _number(old: sqlite3.Connection, sql: str) -> int | None:
    try:
        return old.execute(sql).fetchone()[0] or 0
    except sqlite3.DatabaseError:
        return None


def _rows(old: sqlite3.Connection, table: str, key: str, most: int) -> Iterator[list[Any]]:
    """What can be read, some rows at a time."""
    for first in range(0, most + 1, _AT_ONCE):
        if rows := _readable(old, f"SELECT * FROM {table} WHERE {key} BETWEEN ? AND ?", first, first + _AT_ONCE - 1):
            yield rows


def _readable(old: sqlite3.Connection, sql: str, first: int, last: int) -> list[Any]:
    """The rows in the range; where one of them cannot be read, those of its halves."""
    try:
        return old.execute(sql, (first, last)).fetchall()
    except sqlite3.DatabaseError:
        if first == last:
            return []
    middle = (first + last) // 2
    return _readable(old, sql, first, middle) + _readable(old, sql, middle + 1, last)
