"""How docmind's SQLite files are opened: for their owner only, in WAL mode, and only when this version wrote them."""

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

Mode = Literal["ro", "rw", "rwc"]
DISK_ERRORS = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
BUSY_ERRORS = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Schema(NamedTuple):
    """What makes a file one of ours."""

    application: int
    """`PRAGMA application_id`: which of docmind's files it is."""
    version: int
    """Raised with every change of the tables; another one, without an upgrade, is reported and left as it is."""
    tables: str
    """The statements that make them."""
    upgrades: Mapping[int, str] = MappingProxyType({})
    """By version: the one statement that makes the next version of it, and loses nothing."""


class _Older(sqlite3.DatabaseError):
    """The file has to be upgraded first, and was opened to be read only."""


def connect(file: Path, mode: Mode, schema: Schema) -> sqlite3.Connection:
    """The opened file; `rwc` makes it, and its folder, when missing.

    Raises OSError, and sqlite3.Error: also for a file that another program, or another version of docmind, wrote.
    """
    if mode == "rwc":
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    try:
        return _connect(file, mode, schema)
    except _Older:
        _connect(file, "rw", schema).close()
        return _connect(file, mode, schema)
    except sqlite3.Error as error:
        if mode != "ro" or code_of(error) not in DISK_ERRORS or is_written(file):
            raise
    # Readers share a file beside it, which a full disk or a read-only folder refuses; alone it does without.
    return _connect(file, "ro&immutable=1", schema)


def exists(file: Path) -> bool:
    """Whether there is anything in it; an empty file is one that was never finished."""
    return file.exists() and file.stat().st_size > 0


def is_written(file: Path) -> bool:
    """Whether there are changes that are not in the file itself yet."""
    log = file.with_name(file.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def code_of(error: sqlite3.Error) -> int:
    """The primary code: the extended ones say the same in more detail."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _connect(file: Path, mode: str, schema: Schema) -> sqlite3.Connection:
    # May be shared by threads, one at a time.
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection, mode, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, mode: str, schema: Schema) -> None:
    connection.executescript("PRAGMA busy_timeout=5000; PRAGMA cache_size=-32768;")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if mode == "rwc" and version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        marks = f"PRAGMA application_id={schema.application}; PRAGMA user_version={schema.version};"
        connection.executescript(f"BEGIN IMMEDIATE; {schema.tables} {marks} COMMIT;")
        version = schema.version
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application == schema.application and version in schema.upgrades:
        version = _upgrade(connection, mode, schema)
    if (application, version) != (schema.application, schema.version):
        raise sqlite3.DatabaseError("it was not written by this version of docmind")
    if mode in ("rw", "rwc"):
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000;")


def _upgrade(connection: sqlite3.Connection, mode: str, schema: Schema) -> int:
    """The version of the file afterwards. Two processes may come here at once: the second one finds it done."""
    if mode not in ("rw", "rwc"):
        raise _Older("it was written by an earlier version of docmind")
    connection.execute("BEGIN IMMEDIATE")
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    while version in schema.upgrades:
        connection.execute(schema.upgrades[version])
        version += 1
        connection.execute(f"PRAGMA user_version={version}")
    connection.execute("COMMIT")
    return version
