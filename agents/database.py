"""How docmind's SQLite files are opened: for their owner only, in WAL mode, and brought up to this version."""

import fcntl
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

Mode = Literal["ro", "rw", "rwc"]
DISK_ERRORS = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
BUSY_ERRORS = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_NOT_OURS = "it was not written by this version of docmind"


class NewerVersion(sqlite3.DatabaseError):
    """The file is one of ours, but of a later docmind."""


class Schema(NamedTuple):
    """What makes a file one of ours."""

    application: int
    """`PRAGMA application_id`: which of docmind's files it is."""
    version: int
    """Raised with every change of the tables; a file without a way to it is reported, never changed or deleted."""
    tables: str
    """The statements that make them."""
    steps: Mapping[int, Sequence[str]] = MappingProxyType({})
    """Version -> the statements that make the next version of it."""
    synchronous: Literal["NORMAL", "FULL"] = "NORMAL"
    """FULL: what was committed survives a loss of power, too."""


def connect(file: Path, mode: Mode, schema: Schema) -> sqlite3.Connection:
    """The opened file; `rwc` makes it, and its folder, when missing. An older version is brought up to this one first.

    Raises OSError, and sqlite3.Error: also for a file that another program wrote, NewerVersion for one of a later
    docmind. Neither is touched.
    """
    if mode == "rwc" and not exists(file):
        _make(file, schema)
    with closing(look(file)) as db:
        version = _checked(db, schema)
    if version < schema.version:
        _migrate(file, schema)
    return _reading(file) if mode == "ro" else _writing(file, schema)


def look(file: Path) -> sqlite3.Connection:
    """The file opened for reading, whatever it is, without leaving a trace; for a moment, or where nobody writes it."""
    return _reading(file) if is_written(file) else _open(file, "ro&immutable=1")


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


def _open(file: Path, mode: str) -> sqlite3.Connection:
    # May be shared by threads, one at a time.
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        connection.executescript("PRAGMA busy_timeout=5000; PRAGMA cache_size=-32768;")
        _marks(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _reading(file: Path) -> sqlite3.Connection:
    try:
        return _open(file, "ro")
    except sqlite3.Error as error:
        # Readers share a file beside it, which a full disk or a read-only folder refuses; alone it does without.
        if code_of(error) in DISK_ERRORS and not is_written(file):
            return _open(file, "ro&immutable=1")
        raise


def _checked(connection: sqlite3.Connection, schema: Schema) -> int:
    """The file's version: this one, or one that can be brought up to it."""
    application, version = _marks(connection)
    if application == schema.application and version > schema.version:
        raise NewerVersion(_NOT_OURS)
    if application != schema.application or not {*range(version, schema.version)} <= schema.steps.keys():
        raise sqlite3.DatabaseError(_NOT_OURS)
    return version


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return application, version


def _writing(file: Path, schema: Schema) -> sqlite3.Connection:
    connection = _open(file, "rw")
    try:
        connection.executescript(
            f"PRAGMA journal_mode=WAL; PRAGMA synchronous={schema.synchronous}; PRAGMA wal_autocheckpoint=4000;"
        )
    except BaseException:
        connection.close()
        raise
    return connection


def _make(file: Path, schema: Schema) -> None:
    """Under another name first: whatever happens, the file is complete or not there."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _one_at_a_time(file.parent):
        if not exists(file):  # still: somebody else may have been faster, and use it
            _make_alone(file, schema)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Who makes a file in this folder, in any process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # NFS does not lock folders; there the name is all that decides
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_alone(file: Path, schema: Schema) -> None:
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
    os.close(descriptor)
    part = Path(name)
    marks = f"PRAGMA application_id={schema.application}; PRAGMA user_version={schema.version};"
    try:
        with closing(_open(part, "rw")) as db:
            db.executescript(f"PRAGMA journal_mode=OFF; BEGIN; {schema.tables} {marks} COMMIT;")
        sync(part)
        if file.exists():  # and empty: a file that was never finished
            part.replace(file)
        else:
            _name(part, file)
        sync(file.parent)
    finally:
        part.unlink(missing_ok=True)


def _name(part: Path, file: Path) -> None:
    try:
        os.link(part, file)
    except FileExistsError:  # somebody else was faster
        return
    except OSError:  # a file system without links
        part.replace(file)


def _touch(file: Path) -> None:
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def _migrate(file: Path, schema: Schema) -> None:
    """All steps in one transaction, after a copy of the file as it was: `NAME.vVERSION`, beside it."""
    with closing(_writing(file, schema)) as db:
        db.execute("BEGIN IMMEDIATE")  # who comes second waits here, and finds it done
        _, version = _marks(db)
        if version < schema.version:
            copy(file, file.with_name(f"{file.name}.v{version}"))
        for step in range(version, schema.version):
            for statement in schema.steps[step]:
                db.execute(statement)
        db.execute(f"PRAGMA user_version={schema.version}")
        db.execute("COMMIT")


def copy(file: Path, target: Path) -> None:
    """A copy of what is committed in the file, whole or not there at all. Raises OSError, sqlite3.Error."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    _touch(part)
    try:
        with closing(_open(file, "ro")) as source, closing(_open(part, "rw")) as new:
            new.execute("PRAGMA journal_mode=OFF")  # a copy that breaks off is thrown away
            source.backup(new)
        sync(part)
        part.replace(target)
        sync(target.parent)
    finally:
        part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Waits until the file, or what the folder says of its files, is on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
