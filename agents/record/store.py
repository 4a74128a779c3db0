"""The record: one row for each call of a backend, in a SQLite file of the data folder.

It is written by a thread of its own, and nothing ever waits for it: what cannot be written is told once in the log and
given up. The file holds the last KEPT calls, about 20 MB.
"""

import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from .. import database
from ..errors import Code, DocmindError
from ..records import Call
from ..text import one_line

KEPT = 200_000
"""Calls that are kept; at 100 questions of 5 calls a day, those of a year."""
BATCH = 1_000
"""Most calls in a transaction."""
_CLOSE_S = 2.0
"""Longest wait for the last calls to be written."""

_COLUMNS = msgspec.structs.fields(Call)
_NAMES = ", ".join(column.name for column in _COLUMNS)
_TABLES = """
CREATE TABLE call(
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    phase TEXT NOT NULL,
    profile TEXT NOT NULL,
    at REAL NOT NULL,
    total_ms REAL NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT NOT NULL,
    model TEXT NOT NULL,
    first_token_ms REAL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    whole INTEGER NOT NULL DEFAULT 0,
    loaded INTEGER NOT NULL DEFAULT 0
);
"""
_STEPS = {
    1: ("ALTER TABLE call ADD COLUMN whole INTEGER NOT NULL DEFAULT 0",),
    2: ("ALTER TABLE call ADD COLUMN loaded INTEGER NOT NULL DEFAULT 0",),
}
_SCHEMA = database.Schema(application=0x646F6372, version=3, tables=_TABLES, steps=_STEPS)  # "docr"
_INSERT = f"INSERT INTO call({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_PRUNE = "DELETE FROM call WHERE id <= (SELECT max(id) FROM call) - ?"

log = logging.getLogger(__name__)


def record_file(data_dir: Path) -> Path:
    """Where the record is kept."""
    return data_dir / "record.db"


class Recorder:
    """Takes calls from the event loop, and writes them in its thread."""

    def __init__(self, file: Path, kept: int = KEPT) -> None:
        self._file, self._kept = file, kept
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="record", daemon=True)
        self._thread.start()

    def add(self, call: Call) -> None:
        """Returns at once, and never raises."""
        self._calls.put(call)

    def close(self) -> None:
        """Waits for what has been added, but not for ever: the disk may hang."""
        self._calls.put(None)
        self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        closing = False
        while not closing:
            taken = self._take()
            calls = [call for call in taken if call is not None]
            closing = len(calls) < len(taken)
            if calls:
                self._try_to_write(calls)

    def _take(self) -> list[Call | None]:
        """Waits for a call, and takes those that are there with it."""
        taken = [self._calls.get()]
        with contextlib.suppress(queue.Empty):
            while len(taken) < BATCH:
                taken.append(self._calls.get_nowait())
        return taken

    def _try_to_write(self, calls: Sequence[Call]) -> None:
        try:
            with _errors_of(self._file):
                self._write(calls)
        except DocmindError as error:
            if not self._failing:
                log.warning("%s Calls are not recorded. %s", error.message, error.hint)
            self._failing = True
        else:
            self._failing = False

    def _write(self, calls: Sequence[Call]) -> None:
        """Opens the file anew: it may have been deleted, or repaired, since the last time. Raises sqlite3.Error."""
        with contextlib.closing(database.connect(self._file, "rwc", _SCHEMA)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(_INSERT, map(msgspec.structs.astuple, calls))
            db.execute(_PRUNE, [self._kept])
            db.execute("COMMIT")


def read(file: Path, since: float = 0.0) -> list[Call]:
    """The calls that began after `since` (Unix time), in the order in which they ended.

    None where there is no record. Raises DocmindError (RECORD_DAMAGED, DISK).
    """
    with _errors_of(file):
        if not database.exists(file):
            return []
        with contextlib.closing(database.connect(file, "ro", _SCHEMA)) as db:
            rows = db.execute(f"SELECT {_NAMES} FROM call WHERE at >= ? ORDER BY id", [since]).fetchall()
        return msgspec.convert(rows, list[Call], strict=False)


@contextlib.contextmanager
def _errors_of(file: Path) -> Iterator[None]:
    """Turns the errors of SQLite and of the folder into ours."""
    try:
        yield
    except OSError as error:
        raise _disk(file, str(error.strerror)) from error
    except sqlite3.Error as error:
        is_disk = database.code_of(error) in database.DISK_ERRORS + database.BUSY_ERRORS
        raise (_disk if is_disk else _damaged)(file, str(error)) from error
    except msgspec.ValidationError as error:
        raise _damaged(file, str(error)) from error


def _disk(file: Path, why: str) -> DocmindError:
    hint = f"Make room or check the rights of {one_line(str(file.parent))}."
    return DocmindError(Code.DISK, f"The record {one_line(str(file))} cannot be written or read: {why}.", hint)


def _damaged(file: Path, why: str) -> DocmindError:
    message = f"The record {one_line(str(file))} cannot be used: {one_line(why)}."
    return DocmindError(Code.RECORD_DAMAGED, message, "Move it away: a new one is begun.")
