"""The write side of the index: which files it knows, and the transaction that stores one file."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from .finder import Found
from .paths import prefixes, shown
from .reading import Outcome


class Entry(NamedTuple):
    """What the manifest knows of a file."""

    id: int
    size: int
    changed: int
    hash: bytes
    state: str
    reason: str
    limits: str
    """The settings on which its state depends, see `sync`."""


_INDEXED = "SELECT indexed.* FROM chunk JOIN indexed USING (id) WHERE chunk.file = ? ORDER BY id"
"""What the full-text index holds of a file."""

Key = tuple[bytes, bytes]
"""Root and name, as the file system spells them."""


class Manifest:
    """The manifest of an index opened for writing."""

    def __init__(self, connection: sqlite3.Connection, roots: Sequence[Path]) -> None:
        self._db = connection
        self._prefixes = prefixes(roots)
        with self._transaction():
            rows = [(os.fsencode(root),) for root in roots]
            self._db.executemany("INSERT OR IGNORE INTO root VALUES (?)", rows)

    def entries(self) -> dict[Key, Entry]:
        return entries(self._db)

    def counts(self) -> tuple[int, int]:
        """Documents and chunks."""
        return counts(self._db)

    def store(self, found: Found, outcome: Outcome, old: Entry | None, limits: str) -> None:
        """Replaces all that is known of the file, in one transaction."""
        with self._transaction():
            if old:
                self._forget(old.id)
            file = self._add(found, outcome, limits)
            rows = [(file, c.page, *(c.lines or (None, None)), c.heading, c.text) for c in outcome.chunks]
            self._db.executemany("INSERT INTO chunk(file, page, first, last, heading, text) VALUES (?,?,?,?,?,?)", rows)
            self._db.execute(f"INSERT INTO passage(rowid, path, heading, text) {_INDEXED}", (file,))

    def touch(self, entry: Entry, outcome: Outcome) -> None:
        """The same content under another date."""
        with self._transaction():
            self._db.execute("UPDATE file SET size=?, changed=? WHERE id=?", (outcome.size, outcome.changed, entry.id))

    def remove(self, entry: Entry) -> None:
        with self._transaction():
            self._forget(entry.id)

    def settle(self) -> None:
        """Joins the many small parts that a large update leaves in the full-text index: 1.6 s for 250,000 chunks."""
        self._db.execute("INSERT INTO passage(passage) VALUES ('optimize')")

    def _forget(self, file: int) -> None:
        # With external content FTS5 must be told the old text.
        self._db.execute(
            f"INSERT INTO passage(passage, rowid, path, heading, text) SELECT 'delete', * FROM ({_INDEXED})", (file,)
        )
        self._db.execute("DELETE FROM chunk WHERE file = ?", (file,))
        self._db.execute("DELETE FROM file WHERE id = ?", (file,))

    def _add(self, found: Found, outcome: Outcome, limits: str) -> int:
        where = (found.root, found.name, self._free_path(found))
        what = (outcome.size, outcome.changed, outcome.hash, outcome.state, outcome.reason)
        row = (*where, *what, outcome.kind, outcome.pages, len(outcome.chunks), limits)
        sql = """INSERT INTO file(root, name, path, size, changed, hash, state, reason, kind, pages, chunks, limits)
                 VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"""
        return int(self._db.execute(sql, row).lastrowid or 0)

    def _free_path(self, found: Found) -> str:
        """The path to show; two names that look the same once cleaned are told apart by a number."""
        path = free = self.path(found.root, found.name)
        number = 1
        while self._db.execute("SELECT 1 FROM file WHERE path = ?", (free,)).fetchone():
            number += 1
            free = f"{path} ({number})"
        return free

    def path(self, root: bytes, name: bytes) -> str:
        """The cleaned path, relative to its root, beginning with the root's name when there are several."""
        return shown(self._prefixes, root, name)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back by itself
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def entries(connection: sqlite3.Connection) -> dict[Key, Entry]:
    """Every file that the index knows."""
    rows = connection.execute("SELECT root, name, id, size, changed, hash, state, reason, limits FROM file")
    return {(root, name): Entry(*rest) for root, name, *rest in rows}


def counts(connection: sqlite3.Connection) -> tuple[int, int]:
    """Documents and chunks in the index."""
    files, chunks = connection.execute("SELECT count(*), total(chunks) FROM file WHERE state = 'read'").fetchone()
    return files, int(chunks)
