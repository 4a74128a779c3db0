"""The SQLite file of the chats: its place, its tables, and what its errors mean.

A turn that goes on has its events in `event`, a row for each time that they were written. When it ends they are folded
to one compressed row of `record`. The full-text index keeps no text of its own (FTS5 with external content).
"""

import contextlib
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from .. import database
from ..errors import Code, DocmindError
from ..text import one_line

_TABLES = """
CREATE TABLE chat(
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    titled_by TEXT NOT NULL,
    roots BLOB NOT NULL,
    made_at REAL NOT NULL,
    changed_at REAL NOT NULL,
    changes INTEGER NOT NULL,
    head TEXT,
    state TEXT,
    turns INTEGER NOT NULL DEFAULT 0,
    profile TEXT NOT NULL,
    pinned INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    deleted_at REAL
);
CREATE INDEX chat_changes ON chat(changes);
CREATE INDEX chat_listed ON chat(archived, pinned, changes);
CREATE TABLE turn(
    n INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    chat TEXT NOT NULL,
    parent TEXT,
    question TEXT NOT NULL,
    asked_at REAL NOT NULL,
    state TEXT NOT NULL,
    answer TEXT NOT NULL,
    profile TEXT NOT NULL,
    model TEXT NOT NULL
);
CREATE INDEX turn_chat ON turn(chat);
CREATE INDEX turn_going_on ON turn(n) WHERE state = 'going on';
CREATE TABLE event(n INTEGER PRIMARY KEY, turn INTEGER NOT NULL, lines BLOB NOT NULL);
CREATE INDEX event_turn ON event(turn);
CREATE TABLE record(turn INTEGER PRIMARY KEY, lines BLOB NOT NULL);
CREATE TABLE summary(turn INTEGER PRIMARY KEY, text TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL);
CREATE VIRTUAL TABLE said USING fts5(
    question, answer, content='turn', content_rowid='n', tokenize='porter unicode61'
);
CREATE TRIGGER chat_turned AFTER UPDATE OF head ON chat BEGIN
    UPDATE chat SET state = (SELECT state FROM turn WHERE run = new.head) WHERE n = new.n;
END;
CREATE TRIGGER turn_changed AFTER UPDATE OF state ON turn BEGIN
    UPDATE chat SET state = new.state WHERE id = new.chat AND head = new.run;
END;
CREATE TRIGGER turn_added AFTER INSERT ON turn BEGIN
    INSERT INTO said(rowid, question, answer) VALUES (new.n, new.question, new.answer);
END;
CREATE TRIGGER turn_removed AFTER DELETE ON turn BEGIN
    INSERT INTO said(said, rowid, question, answer) VALUES ('delete', old.n, old.question, old.answer);
END;
CREATE TRIGGER turn_answered AFTER UPDATE OF question, answer ON turn BEGIN
    INSERT INTO said(said, rowid, question, answer) VALUES ('delete', old.n, old.question, old.answer);
    INSERT INTO said(rowid, question, answer) VALUES (new.n, new.question, new.answer);
END;
"""
SCHEMA = database.Schema(
    application=0x646F6363,  # "docc"
    version=1,
    tables=_TABLES,
    synchronous="FULL",
)


_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def chats_file(data_dir: Path) -> Path:
    """Where the chats are kept."""
    return data_dir / "chats.db"


def damage_mark(file: Path) -> Path:
    """Is there from when damage was met until it is mended."""
    return file.with_name(file.name + ".mend")


@contextlib.contextmanager
def errors_of(file: Path) -> Iterator[None]:
    """Turns the errors of SQLite, of the folder and of what stands in the rows into ours.

    Damage is also marked, for `prepare` of opening.py to mend.
    """
    try:
        yield
    except OSError as error:
        raise _disk(file, str(error.strerror)) from error
    except sqlite3.Error as error:
        raise _translated(error, file) from error
    except (msgspec.MsgspecError, zlib.error) as error:
        raise damaged(file, str(error)) from error


def _translated(error: sqlite3.Error, file: Path) -> DocmindError:
    code = database.code_of(error)
    if isinstance(error, database.NewerVersion):
        return newer(file)
    if code in database.BUSY_ERRORS:
        message = f"The chats in {one_line(str(file))} are being written by another program."
        return DocmindError(Code.CHATS_BUSY, message, "Try again in a moment.")
    if code in database.DISK_ERRORS:
        return _disk(file, str(error))
    if code in _DAMAGE:
        with contextlib.suppress(OSError):
            damage_mark(file).touch(0o600)
    return damaged(file, str(error))


def newer(file: Path) -> DocmindError:
    message = f"The chats in {one_line(str(file))} were written by a newer version of docmind; nothing is changed."
    return DocmindError(Code.CHATS_NEWER, message, "Use that version, or another folder with --data-dir.")


def damaged(file: Path, why: str) -> DocmindError:
    message = f"The chats in {one_line(str(file))} are damaged: {one_line(why)}."
    hint = "Run `docmind engine stop`, then `docmind`: it makes a copy, and opens all that can still be read."
    return DocmindError(Code.CHATS_DAMAGED, message, hint)


def _disk(file: Path, why: str) -> DocmindError:
    hint = f"Make room or check the rights of {one_line(str(file.parent))}."
    message = f"The chats in {one_line(str(file))} cannot be written or read: {one_line(why)}."
    return DocmindError(Code.DISK, message, hint)
