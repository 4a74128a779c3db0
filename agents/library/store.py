"""The SQLite file of a library: its place, its tables, how it is opened, and what its errors mean.

One file holds the manifest (`file`), the chunks, and their full-text index (FTS5 with external content: the text is
kept once).
"""

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from ..errors import Code, DocmindError
from ..text import one_line
from .finder import resolve
from .terms import TOKENIZER

VERSION = 3
"""Raised with every change of the tables; another one is reported, never converted or deleted silently."""
_APPLICATION = 0x646F636D  # "docm"
_DISK_ERRORS = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)

PATH_WEIGHT = 0.3
"""What a word in a file's path counts: less than one in its text, since it is the same for all of the file's chunks."""

_TABLES = f"""
PRAGMA application_id = {_APPLICATION};
CREATE TABLE root(path BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE file(
    id INTEGER PRIMARY KEY,
    root BLOB NOT NULL,
    name BLOB NOT NULL,
    path TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    hash BLOB NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    kind TEXT NOT NULL,
    pages INTEGER,
    chunks INTEGER NOT NULL,
    limits TEXT NOT NULL,
    UNIQUE(root, name)
);
CREATE TABLE chunk(
    id INTEGER PRIMARY KEY,
    file INTEGER NOT NULL,
    page INTEGER,
    first INTEGER,
    last INTEGER,
    heading TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX chunk_file ON chunk(file);
CREATE VIEW indexed AS
    SELECT chunk.id, file.path, chunk.heading, chunk.text FROM chunk JOIN file ON file.id = chunk.file;
CREATE VIRTUAL TABLE passage USING fts5(
    path, heading, text, content='indexed', content_rowid='id', tokenize='{TOKENIZER}'
);
INSERT INTO passage(passage, rank) VALUES ('rank', 'bm25({PATH_WEIGHT}, 1.0, 1.0)');
INSERT INTO passage(passage, rank) VALUES ('automerge', 8);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(passage, row);
PRAGMA user_version = {VERSION};
"""


def library_file(data_dir: Path, roots: Sequence[Path]) -> Path:
    """Where the index of these roots is kept; the same for the same set of folders. Raises DocmindError(NO_FOLDER)."""
    name = hashlib.blake2b(b"\0".join(map(os.fsencode, resolve(roots))), digest_size=8).hexdigest()
    return data_dir / "libraries" / f"{name}.db"


def exists(file: Path) -> bool:
    """Whether there is an index; an empty file is one that was never finished."""
    return file.exists() and file.stat().st_size > 0


def connect(file: Path, mode: Literal["ro", "rw", "rwc"]) -> sqlite3.Connection:
    """The opened index; `rwc` makes it, and its folder, when missing. Raises DocmindError, sqlite3.Error."""
    if mode == "rwc":
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    try:
        return _connect(file, mode)
    except sqlite3.Error as error:
        if mode != "ro" or _code(error) not in _DISK_ERRORS or _is_written(file):
            raise
    # Readers share a file beside the index, which a full disk or a read-only folder refuses; alone it does without.
    return _connect(file, "ro&immutable=1")


def state(file: Path) -> tuple[int, int, bool]:
    """What changes when a connection for reading is out of date.

    The index was rebuilt as another file, or was written while the connection held it to be immutable.
    """
    status = file.stat()
    return status.st_ino, status.st_mtime_ns, _is_written(file)


def _is_written(file: Path) -> bool:
    """Whether there are changes that are not in the file itself yet."""
    log = file.with_name(file.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    # Shared by threads, one at a time: see Library._reading.
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection, file, mode)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, file: Path, mode: str) -> None:
    connection.executescript("PRAGMA busy_timeout=5000; PRAGMA cache_size=-32768;")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if mode == "rwc" and version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
        version = VERSION
    if version != VERSION or connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
        raise damaged(file, "it was not written by this version of docmind")
    if mode in ("rw", "rwc"):
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000;")


def damaged(file: Path, why: str) -> DocmindError:
    message = f"The index {one_line(str(file))} cannot be used: {why}."
    return DocmindError(Code.INDEX_DAMAGED, message, "Run `docmind index --rebuild` with the same folders.")


@contextlib.contextmanager
def errors_of(file: Path) -> Iterator[None]:
    """Turns SQLite's errors into ours, and those of the folder that holds the index."""
    try:
        yield
    except OSError as error:
        raise _disk(file, str(error.strerror)) from error
    except sqlite3.Error as error:
        raise _translated(error, file) from error


def _translated(error: sqlite3.Error, file: Path) -> DocmindError:
    code = _code(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return busy(file)
    if code in _DISK_ERRORS:
        return _disk(file, str(error))
    return damaged(file, one_line(str(error)))


def _code(error: sqlite3.Error) -> int:
    """The primary code: the extended ones say the same in more detail."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def busy(file: Path) -> DocmindError:
    message = f"The index {one_line(str(file))} is in use by another program."
    return DocmindError(Code.INDEX_BUSY, message, "Try again in a moment.")


def _disk(file: Path, why: str) -> DocmindError:
    hint = f"Make room or check the rights of {one_line(str(file.parent))}; what was indexed before is still there."
    return DocmindError(Code.DISK, f"The index {one_line(str(file))} cannot be written or read: {one_line(why)}.", hint)


def remove(file: Path) -> None:
    """Deletes the index, for `--rebuild`; programs that have it open keep what they see."""
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
