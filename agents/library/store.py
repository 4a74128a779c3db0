"""The SQLite file of a library: its place, its tables, and what its errors mean.

One file holds the manifest (`file`), the chunks, and their full-text index (FTS5 with external content: the text is
kept once).
"""

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from .. import database
from ..errors import Code, DocmindError
from ..text import one_line
from .finder import resolve
from .terms import TOKENIZER

PATH_WEIGHT = 0.3
"""What a word in a file's path counts: less than one in its text, since it is the same for all of the file's chunks."""

_TABLES = f"""
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
"""
_SCHEMA = database.Schema(application=0x646F636D, version=3, tables=_TABLES)  # "docm"


def library_file(data_dir: Path, roots: Sequence[Path]) -> Path:
    """Where the index of these roots is kept; the same for the same set of folders. Raises DocmindError(NO_FOLDER)."""
    name = hashlib.blake2b(b"\0".join(map(os.fsencode, resolve(roots))), digest_size=8).hexdigest()
    return data_dir / "libraries" / f"{name}.db"


def exists(file: Path) -> bool:
    """Whether there is an index; an empty file is one that was never finished."""
    return database.exists(file)


def connect(file: Path, mode: database.Mode) -> sqlite3.Connection:
    """The opened index; `rwc` makes it, and its folder, when missing. Raises OSError, sqlite3.Error: see errors_of."""
    return database.connect(file, mode, _SCHEMA)


def state(file: Path) -> tuple[int, int, bool]:
    """What changes when a connection for reading is out of date.

    The index was rebuilt as another file, or was written while the connection held it to be immutable.
    """
    status = file.stat()
    return status.st_ino, status.st_mtime_ns, database.is_written(file)


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
    code = database.code_of(error)
    if code in database.BUSY_ERRORS:
        return busy(file)
    if code in database.DISK_ERRORS:
        return _disk(file, str(error))
    return damaged(file, one_line(str(error)))


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
