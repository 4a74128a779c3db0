"""The read side of the index: searching, reading and listing what was indexed, and nothing else.

This is what confines the agent's tools: they name documents, and only what the manifest knows is found.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ..errors import Code, DocmindError
from ..records import Passage
from ..text import one_line
from .finder import Found
from .search import search
from .store import connect, errors_of, exists, state

_COLUMNS = "file.path, chunk.text, chunk.page, chunk.first, chunk.last, chunk.heading, file.hash"
_FILE = "root, name, size, changed, hash, state, reason"
_READ_AT_ONCE = 40
"""Chunks that reading without a page or lines returns: the start of a document."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document of the library."""

    path: str
    kind: str
    """Its format: "pdf", "markdown", "docx", ... or the file name's extension for other text."""
    size: int
    """Bytes."""
    pages: int | None
    """None for formats without pages."""
    chunks: int


class Known(NamedTuple):
    """A file of the manifest: where it is, as it was when it was read, and what became of that."""

    root: bytes
    name: bytes
    size: int
    changed: int
    hash: bytes
    state: str
    reason: str

    @property
    def found(self) -> Found:
        return Found(self.root, self.name, self.size, self.changed)


class Library:
    """An index opened for reading; usable from several threads, and while it is being written.

    Every method raises DocmindError: INDEX_DAMAGED, DISK, NO_DOCUMENTS when there is no index yet.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._state = (0, 0, False)
        self._closed = False

    def close(self) -> None:
        """Lets go of the index; at once, or when the thread that still reads is done. Never waits."""
        self._closed = True
        if self._lock.acquire(blocking=False):
            try:
                self._release()
            finally:
                self._lock.release()

    def search(self, query: str, k: int = 10) -> list[Passage]:
        """The best `k` passages for any text, best first. Words in quotation marks are looked for as a phrase."""
        with self._reading() as db:
            ranked = search(db, query, k)
            rows = [self._row(db, "chunk.id = ?", (chunk,))[0] for chunk, _ in ranked]
            return [_passage(row, score) for row, (_, score) in zip(rows, ranked, strict=True)]

    def read(self, path: str, page: int | None = None, lines: tuple[int, int] | None = None) -> list[Passage]:
        """The stored passages of a document that touch this page or these lines; without either, its start.

        Raises DocmindError(OUTSIDE) when the library has no such document.
        """
        where, values = "file.id = ?", [self._id(path)]
        if page is not None:
            where, values = f"{where} AND chunk.page = ?", [*values, _storable(page)]
        if lines is not None:
            where, values = (
                f"{where} AND chunk.first <= ? AND chunk.last >= ?",
                [*values, *map(_storable, reversed(lines))],
            )
        with self._reading() as db:
            return [_passage(row) for row in self._row(db, f"{where} ORDER BY chunk.id LIMIT {_READ_AT_ONCE}", values)]

    def around(self, passage: Passage, reach: int = 1) -> list[Passage]:
        """The passage with its neighbours, `reach` before and after. Raises DocmindError(OUTSIDE)."""
        file = self._id(passage.path)
        with self._reading() as db:
            # Tools may have cut the end of a long passage.
            row = db.execute(
                """SELECT id FROM chunk WHERE file = ? AND page IS ? AND first IS ? AND substr(text, 1, ?) = ?""",
                (file, passage.page, (passage.lines or (None,))[0], len(passage.text), passage.text),
            ).fetchone()
            if row is None:
                raise DocmindError(Code.OUTSIDE, f"{passage.path} has changed.", "Search again.")
            where = f"file.id = ? AND chunk.id BETWEEN {row[0] - reach} AND {row[0] + reach} ORDER BY chunk.id"
            return [_passage(row) for row in self._row(db, where, [file])]

    def known(self, path: str) -> Known | None:
        """What is known of a file, also of one that could not be read; None for an unknown path."""
        with self._reading() as db:
            row = db.execute(f"SELECT {_FILE} FROM file WHERE path = ?", (path,)).fetchone()
        return Known(*row) if row else None

    def same_as(self, file_hash: str, path: str) -> str | None:
        """Another document than `path` with this content, by the hash that passages have; the first of several."""
        sql = "SELECT path FROM file WHERE state = 'read' AND hex(substr(hash, 1, 8)) = ? AND path <> ? ORDER BY path"
        with self._reading() as db:
            row = db.execute(sql, (file_hash.upper(), path)).fetchone()
        return str(row[0]) if row else None

    def whole(self, path: str) -> list[Passage]:
        """All passages of a document, in order; none when it is not in the library."""
        with self._reading() as db:
            return [_passage(row) for row in self._row(db, "file.path = ? ORDER BY chunk.id", [path])]

    def documents(self, pattern: str = "") -> list[Document]:
        """The documents whose path contains `pattern` in any case, sorted by path."""
        sql = """SELECT path, kind, size, pages, chunks FROM file
                 WHERE state = 'read' AND instr(lower(path), lower(?)) ORDER BY path"""
        with self._reading() as db:
            rows = db.execute(sql, (pattern,))
            return [Document(path=p, kind=k, size=s, pages=n, chunks=c) for p, k, s, n, c in rows]

    def document_frequency(self, stems: Sequence[str]) -> dict[str, int]:
        """Stem -> number of chunks that hold it; stems as FTS5's porter tokenizer writes them."""
        with self._reading() as db:
            found = {
                stem: db.execute("SELECT doc FROM vocabulary WHERE term = ?", (stem,)).fetchone() for stem in stems
            }
        return {stem: row[0] if row else 0 for stem, row in found.items()}

    def counts(self) -> tuple[int, int]:
        """Documents and chunks."""
        with self._reading() as db:
            row = db.execute("SELECT count(*), coalesce(sum(chunks), 0) FROM file WHERE state = 'read'").fetchone()
            return row[0], row[1]

    def _id(self, path: str) -> int:
        with self._reading() as db:
            row = db.execute("SELECT id FROM file WHERE path = ? AND state = 'read'", (path,)).fetchone()
        if row is None:
            hint = "Use a path that a search or the list of documents shows."
            raise DocmindError(Code.OUTSIDE, f"There is no document {one_line(path)} in this library.", hint)
        return int(row[0])

    def _row(self, db: sqlite3.Connection, where: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        sql = f"SELECT {_COLUMNS} FROM chunk JOIN file ON file.id = chunk.file WHERE {where}"
        return db.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One thread at a time: Python's sqlite3 mixes up the rows of a statement that two threads run at once."""
        with errors_of(self._file), self._lock:
            try:
                yield self._opened()
            finally:
                if self._closed:
                    self._release()

    def _opened(self) -> sqlite3.Connection:
        """The connection, opened anew when `store.state` asks for it."""
        if not exists(self._file):
            raise DocmindError(Code.NO_DOCUMENTS, "These folders are not indexed yet.", "Run `docmind index`.")
        found = state(self._file)
        if found != self._state:
            self._release()
        if not self._connection:
            self._connection, self._state = connect(self._file, "ro"), found
        return self._connection

    def _release(self) -> None:
        """Only under the lock: to close a connection under a thread that reads would crash the process."""
        if self._connection:
            self._connection.close()
            self._connection = None


def _storable(number: int) -> int:
    """The number, or the one nearest to it that SQLite knows."""
    return max(-(2**63), min(number, 2**63 - 1))


def _passage(row: tuple[Any, ...], score: float = 0.0) -> Passage:
    path, text, page, first, last, heading, digest = row
    lines = None if first is None else (first, last)
    hexed = digest[:8].hex()
    return Passage(path=path, text=text, page=page, lines=lines, heading=heading, score=score, file_hash=hexed)
