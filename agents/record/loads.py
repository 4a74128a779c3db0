"""What was loaded, where to and in how long: one row for each time, in a SQLite file of the data folder.

As with the record of calls nothing waits for it, and what cannot be written is told in the log and given up.
"""

import contextlib
import logging
import sqlite3
import statistics
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from .. import database
from ..text import one_line
from ..views import Load

KEPT = 1_000
"""Loads that are kept."""
_RECENT = 5
"""The median of so many says how long the next one will take: the first after a start reads a cold disk."""
_NAMES = ", ".join(column.name for column in msgspec.structs.fields(Load))
_TABLES = """
CREATE TABLE load(
    id INTEGER PRIMARY KEY,
    profile TEXT NOT NULL,
    model TEXT NOT NULL,
    at REAL NOT NULL,
    seconds REAL NOT NULL,
    size INTEGER,
    vram INTEGER,
    gpu_percent INTEGER
);
"""
_SCHEMA = database.Schema(application=0x646F636C, version=1, tables=_TABLES)  # "docl"
_INSERT = f"INSERT INTO load({_NAMES}) VALUES ({', '.join('?' * len(msgspec.structs.fields(Load)))})"
_PRUNE = "DELETE FROM load WHERE id <= (SELECT max(id) FROM load) - ?"

log = logging.getLogger(__name__)


class Loads:
    """All that were kept, and those that come."""

    def __init__(self, data_dir: Path) -> None:
        self._file = loads_file(data_dir)
        self._known = read(self._file)
        self._writing: list[threading.Thread] = []

    def add(self, load: Load) -> None:
        """Returns at once, and never raises."""
        self._known.append(load)
        writer = threading.Thread(target=_write, args=(self._file, load), name="loads", daemon=True)
        self._writing = [*filter(threading.Thread.is_alive, self._writing), writer]
        writer.start()

    def expected(self, profile: str) -> float | None:
        """As `expected`."""
        return expected(self._known, profile)

    def close(self) -> None:
        """Waits for what was added, but not for ever: the disk may hang."""
        for writer in self._writing:
            writer.join(2.0)


def loads_file(data_dir: Path) -> Path:
    """Where they are kept."""
    return data_dir / "loads.db"


def read(file: Path) -> list[Load]:
    """Those that were kept, oldest first; none where they cannot be read. Never raises."""
    try:
        if not database.exists(file):
            return []
        with contextlib.closing(database.connect(file, "ro", _SCHEMA)) as db:
            rows = db.execute(f"SELECT {_NAMES} FROM load ORDER BY id").fetchall()
        return msgspec.convert(rows, list[Load], strict=False)
    except (OSError, sqlite3.Error, msgspec.ValidationError) as error:
        log.warning("%s cannot be read: %s", one_line(str(file)), one_line(str(error)))
        return []


def last(loads: Sequence[Load], profile: str) -> Load | None:
    """The last one of a profile."""
    return next((load for load in reversed(loads) if load.profile == profile), None)


def expected(loads: Sequence[Load], profile: str) -> float | None:
    """Seconds that the profile's model will take to load, by the last times; None where there was none."""
    newest = last(loads, profile)
    times = [load.seconds for load in loads if newest and (load.profile, load.model) == (profile, newest.model)]
    return statistics.median(times[-_RECENT:]) if times else None


def _write(file: Path, load: Load) -> None:
    try:
        with contextlib.closing(database.connect(file, "rwc", _SCHEMA)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute(_INSERT, msgspec.structs.astuple(load))
            db.execute(_PRUNE, [KEPT])
            db.execute("COMMIT")
    except (OSError, sqlite3.Error) as error:
        log.warning("%s cannot be written: %s", one_line(str(file)), one_line(str(error)))
