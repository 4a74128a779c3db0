"""Brings the index of some folders up to date: reads what is new or changed, forgets what is gone."""

import contextlib
import fcntl
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from ..settings import LibrarySettings
from . import store
from .finder import Findings, Found, find, resolve
from .manifest import Entry, Key, Manifest, entries
from .reading import Job, Outcome, Reader


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an update is. `waiting`: another process is updating the same index."""

    state: Literal["waiting", "finding", "reading", "settling"]
    done: int = 0
    """Files read so far."""
    todo: int = 0
    """Files that this update has to read."""
    failed: int = 0
    path: str = ""
    """The file just read."""


class Failure(msgspec.Struct, frozen=True):
    """A file that could not be read, and why."""

    path: str
    reason: str


class Report(msgspec.Struct, kw_only=True):
    """What an update did, and what the index holds now."""

    files: int = 0
    """Documents in the index."""
    added: int = 0
    updated: int = 0
    removed: int = 0
    failed: list[Failure] = []
    """Every file that the index could not take in, also from earlier updates."""
    skipped: dict[str, int] = {}
    """Reason -> files and whole folders that were left out."""
    chunks: int = 0
    """Chunks in the index."""
    seconds: float = 0.0


_LARGE = 0.25
"""Share of the files from which on an update is large; FTS5 tidies up after smaller ones by itself."""

Listener = Callable[[Progress], None]


def pending(roots: Sequence[Path], file: Path, settings: LibrarySettings) -> bool:
    """Whether `sync` would change anything, by names, sizes and dates; waits for no one. Raises DocmindError."""
    return not store.exists(file) or changes(roots, file, settings) > 0


def changes(roots: Sequence[Path], file: Path, settings: LibrarySettings) -> int:
    """Files that are new, changed or gone since the index was made. Raises DocmindError."""
    with store.errors_of(file), contextlib.closing(store.connect(file, "ro")) as db:
        known = entries(db)
    found = find(roots, settings.max_file_mb * 1024 * 1024).files
    limits = _limits(settings)
    gone = known.keys() - {_key(item) for item in found}
    return len(gone) + sum(_is_changed(item, known.get(_key(item)), limits) for item in found)


def is_updating(file: Path) -> bool:
    """Whether some process brings this index up to date now."""
    try:
        with open(file.with_suffix(".lock"), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def sync(
    roots: Sequence[Path],
    file: Path,
    settings: LibrarySettings,
    progress: Listener | None = None,
    rebuild: bool = False,
    wait: bool = True,
) -> Report:
    """Brings the index `file` of `roots` up to date, one transaction a file; `rebuild` starts it afresh.

    An interruption loses at most the file being read. Another update of the same index is waited for, or, without
    `wait`, an error. Raises DocmindError: NO_FOLDER, INDEX_DAMAGED, INDEX_BUSY, DISK.
    """
    start = time.monotonic()
    tell = progress or (lambda _: None)
    roots = resolve(roots)
    with store.errors_of(file), _alone(file, tell, wait):
        if rebuild:
            store.remove(file)
        with contextlib.closing(store.connect(file, "rwc")) as db:
            tell(Progress(state="finding"))
            findings = find(roots, settings.max_file_mb * 1024 * 1024)
            report = _Update(Manifest(db, roots), findings, settings, tell).run()
    report.seconds = round(time.monotonic() - start, 3)
    return report


@contextlib.contextmanager
def _alone(file: Path, tell: Listener, wait: bool) -> Iterator[None]:
    """Holds the lock beside the index; the kernel frees it when this process ends, however it does."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(file.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600), "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise store.busy(file) from None
            tell(Progress(state="waiting"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _key(found: Found) -> Key:
    return found.root, found.name


Limits = dict[str, str]
"""State of a file -> the settings on which it depends: under others, reading it again may end otherwise."""


def _limits(settings: LibrarySettings) -> Limits:
    hard = f"{settings.file_timeout} s, {settings.file_memory_mb} MiB, at most {settings.max_file_mb} MiB"
    return {"read": f"{settings.chunk_chars} characters", "failed": hard, "skipped": hard}


def _is_changed(found: Found, entry: Entry | None, limits: Limits) -> bool:
    return entry is None or (found.size, found.changed) != (entry.size, entry.changed) or _is_outdated(entry, limits)


def _is_outdated(entry: Entry, limits: Limits) -> bool:
    return entry.limits != limits[entry.state]


class _Update:
    """One update of one index."""

    def __init__(self, manifest: Manifest, findings: Findings, settings: LibrarySettings, tell: Listener) -> None:
        self._manifest, self._findings, self._settings, self._tell = manifest, findings, settings, tell
        self._known, self._limits = manifest.entries(), _limits(settings)
        self._report = Report()

    def run(self) -> Report:
        self._remove()
        known, limits = self._known, self._limits
        self._read([found for found in self._findings.files if _is_changed(found, known.get(_key(found)), limits)])
        return self._summed_up()

    def _remove(self) -> None:
        for gone in self._known.keys() - {_key(found) for found in self._findings.files}:
            self._manifest.remove(self._known[gone])
            self._report.removed += self._known[gone].state == "read"

    def _read(self, todo: list[Found]) -> None:
        if not todo:
            return
        failed = 0
        with Reader(self._settings) as reader:
            outcomes = reader.read(self._job(found) for found in todo)
            for done, (found, (_, outcome)) in enumerate(zip(todo, outcomes, strict=True), 1):
                self._store(found, outcome)
                failed += outcome.state == "failed"
                path = self._manifest.path(*_key(found))
                self._tell(Progress(state="reading", done=done, todo=len(todo), failed=failed, path=path))
        if len(todo) > _LARGE * len(self._findings.files):
            self._tell(Progress(state="settling", done=len(todo), todo=len(todo), failed=failed))
            self._manifest.settle()

    def _job(self, found: Found) -> Job:
        entry = self._known.get(_key(found))
        known = entry.hash if entry and not _is_outdated(entry, self._limits) else b""
        return Job(found.root, found.name, found.size, found.changed, known)

    def _store(self, found: Found, outcome: Outcome) -> None:
        entry = self._known.get(_key(found))
        if outcome.state == "same" and entry:
            self._manifest.touch(entry, outcome)
            return
        was_read = entry is not None and entry.state == "read"
        if outcome.state == "gone":
            if entry:
                self._manifest.remove(entry)
        else:
            self._manifest.store(found, outcome, entry, self._limits[outcome.state])
        self._count(was_read, outcome.state == "read")

    def _count(self, before: bool, now: bool) -> None:
        self._report.added += now and not before
        self._report.updated += now and before
        self._report.removed += before and not now

    def _summed_up(self) -> Report:
        report, skipped = self._report, Counter(self._findings.skipped)
        path = self._manifest.path
        report.failed = [Failure(path(root, name), reason) for root, name, reason in self._findings.failed]
        for (root, name), entry in self._manifest.entries().items():
            if entry.state == "failed":
                report.failed.append(Failure(path(root, name), entry.reason))
            skipped[entry.reason] += entry.state == "skipped"
        report.skipped = {reason: count for reason, count in sorted(skipped.items()) if count}
        report.files, report.chunks = self._manifest.counts()
        return report
