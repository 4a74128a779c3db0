"""The indexes in the data folder: what they hold, and which of them are stale, damaged or busy."""

import contextlib
import os
import shlex
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ..errors import DocmindError
from ..library import store
from ..library.manifest import counts
from ..library.sync import changes, is_updating
from ..settings import LibrarySettings
from ..text import one_line
from .findings import Finding

LIMIT_S = 3.0
"""Seconds after which no further index is looked at closely: checking one reads all of it."""
_STEPS = 100_000
"""Of SQLite's virtual machine, between two looks at the clock."""


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """One of them, as far as it could be read."""

    roots: list[Path]
    files: int
    chunks: int
    failed: int
    """Files that could not be read."""
    size: int
    """Bytes on the disk."""


def libraries(data_dir: Path, settings: LibrarySettings, limit: float = LIMIT_S) -> list[Finding]:
    """One finding for all, and one for each index that is not well."""
    until, known, found = time.monotonic() + limit, list[Index](), list[Finding]()
    try:
        files = _files(data_dir / "libraries")
    except OSError as error:
        why = f"{one_line(str(data_dir / 'libraries'), 500)} cannot be read: {error.strerror}."
        return [Finding(level="problem", what="library", why=why, do="Give yourself the right to read that folder.")]
    for file in sorted(files, key=_changed, reverse=True):
        try:
            index = _read(file, until)
        except DocmindError as error:
            found.append(_unusable(file, error))
            continue
        known.append(index)
        found += _judged(file, index, settings, until)
    return [_summary(known), *found] if known or not found else found


def _files(folder: Path) -> list[Path]:
    """Raises OSError for a folder that cannot be read; one that is not there yet has none."""
    try:
        return [folder / name for name in os.listdir(folder) if name.endswith(".db")]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _unusable(file: Path, error: DocmindError) -> Finding:
    """With the command that makes it anew, where its folders can still be read."""
    roots = _roots(file)
    do = f"docmind index --rebuild {_as_arguments(roots)}" if roots else error.hint
    return Finding(level="problem", what="library", why=error.message, do=do)


def _roots(file: Path) -> list[Path]:
    """Those of an index of any version; none where they cannot be read."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(_plainly(file)) as db:
        return [Path(os.fsdecode(root)) for (root,) in db.execute("SELECT path FROM root ORDER BY path")]
    return []


def _plainly(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)


def _changed(file: Path) -> float:
    with contextlib.suppress(OSError):
        return file.stat().st_mtime
    return 0.0


def _summary(known: Sequence[Index]) -> Finding:
    if not known:
        return Finding(level="ok", what="library", why="No documents have been read yet: `docmind PATH` does it.")
    files, chunks = sum(one.files for one in known), sum(one.chunks for one in known)
    size = sum(one.size for one in known) / 1e6
    count = _count(len(known), "index", "indexes")
    told = f"{count}, {_count(files, 'document')}, {_count(chunks, 'passage')}, {size:,.1f} MB"
    return Finding(level="ok", what="library", why=told)


def _read(file: Path, until: float) -> Index:
    """Raises DocmindError, also for an index that is damaged inside."""
    with store.errors_of(file), contextlib.closing(store.connect(file, "ro")) as db:
        files, chunks = counts(db)
        failed = db.execute("SELECT count(*) FROM file WHERE state = 'failed'").fetchone()[0]
        damage = _damage(db, until)
    roots = _roots(file)
    if damage:
        raise store.damaged(file, damage)
    size = sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*"))
    return Index(roots=roots, files=files, chunks=chunks, failed=failed, size=size)


def _damage(db: sqlite3.Connection, until: float) -> str:
    """What SQLite finds wrong; nothing where the time is over first."""
    db.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        told = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return ""
    finally:
        db.set_progress_handler(None, 0)
    return "" if told == "ok" else one_line(str(told), 200)


def _judged(file: Path, index: Index, settings: LibrarySettings, until: float) -> Iterator[Finding]:
    what, shown = "library", _shown(index.roots)
    command = f"docmind index {_as_arguments(index.roots)}"
    if gone := [root for root in index.roots if _is_gone(root)]:
        why = f"{_shown(gone)} is not there any more; its index takes {index.size / 1e6:,.1f} MB."
        yield Finding(level="note", what=what, why=why, do=f"Unless it comes back: rm {_as_arguments([file])}")
        return
    if is_updating(file):
        why = f"The index of {shown} is busy: another docmind updates it."
        yield Finding(level="note", what=what, why=why, do="Wait; questions are answered from what was read before.")
    elif time.monotonic() < until and (stale := _stale(file, index, settings)):
        why = f"{_count(stale, 'file')} of {shown} changed since they were read."
        yield Finding(level="note", what=what, why=why, do=f"The next question reads them, or now: {command}")
    if index.failed:
        why = f"{_count(index.failed, 'file')} of {shown} could not be read, {index.files:,} could."
        yield Finding(level="note", what=what, why=why, do=f"To see which, and why: {command}")


def _is_gone(root: Path) -> bool:
    """Not one that this user may not look at."""
    with contextlib.suppress(OSError):
        return not root.exists()
    return False


def _stale(file: Path, index: Index, settings: LibrarySettings) -> int:
    """0 where it cannot be told."""
    with contextlib.suppress(DocmindError, OSError):
        return changes(index.roots, file, settings)
    return 0


def _as_arguments(paths: Sequence[Path]) -> str:
    """For a shell."""
    return " ".join(shlex.quote(one_line(str(path), 500)) for path in paths)


def _shown(roots: Sequence[Path]) -> str:
    return ", ".join(one_line(str(root), 200) for root in roots) or "no folder"


def _count(number: int, what: str, many: str = "") -> str:
    return f"{number:,} {what if number == 1 else many or what + 's'}"
