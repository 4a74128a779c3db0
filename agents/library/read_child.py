"""The child process of `reading.Reader`: jobs on stdin, outcomes on stdout, limits on itself.

The kernel keeps the limits: an alarm kills a hang even inside a C library, and memory over the limit is refused. When
stdin closes it ends, even in the middle of a file: it does not outlive its parent.
"""

import contextlib
import hashlib
import os
import resource
import select
import signal
import stat
import sys
import threading
from typing import IO

import msgspec

from ..settings import LibrarySettings
from .chunks import chunks
from .finder import BINARY, LARGE
from .readers import Binary, Document, Unreadable, read
from .reading import Job, Outcome, read_frame, write_frame

_GENTLE = 5
"""Added to the niceness: reading documents must not slow down what the user looks at."""
_LONGEST = 1e9
"""Seconds; an alarm cannot be set for any number."""


def main() -> None:
    settings = msgspec.json.decode(sys.argv[1], type=LibrarySettings)
    answers = _own_stdout()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit_memory(settings.file_memory_mb * 1024 * 1024)
    os.nice(_GENTLE)
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        job = msgspec.msgpack.decode(frame, type=Job)
        signal.setitimer(signal.ITIMER_REAL, min(settings.file_timeout, _LONGEST))
        answer = _answer(job, settings)
        signal.setitimer(signal.ITIMER_REAL, 0)
        write_frame(answers, answer)


def _own_stdout() -> IO[bytes]:
    """Stdout for the answers alone: what a library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _end_with_parent() -> None:
    """Jobs may wait in the pipe, so it is not read here: that its other end was closed shows without."""
    hung_up = select.poll()
    hung_up.register(0, 0)
    hung_up.poll()
    os._exit(1)


def _limit_memory(limit: int) -> None:
    """RLIMIT_DATA counts what is written to; address space that thread pools only reserve does not matter."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = min(limit, sys.maxsize)
    with contextlib.suppress(ValueError, OSError):  # a system that does not know the limit, or has a lower one
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def _answer(job: Job, settings: LibrarySettings) -> bytes:
    """The encoded outcome."""
    try:
        return msgspec.msgpack.encode(_read(job, settings))
    except FileNotFoundError:
        return msgspec.msgpack.encode(Outcome("gone"))
    except OSError as error:
        reason = f"cannot be opened: {error.strerror}"
    except MemoryError:
        reason = f"needs more than {settings.file_memory_mb} MiB of memory"
    except Exception as error:  # a bug in a parser concerns this file only
        reason = f"is damaged, or in a format that cannot be read ({type(error).__name__})"
    return msgspec.msgpack.encode(Outcome("failed", reason, job.size, job.changed))


def _read(job: Job, settings: LibrarySettings) -> Outcome:
    most = settings.max_file_mb * 1024 * 1024
    with open(_open(job), "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            return Outcome("failed", "is no longer a regular file")
        data = file.read(int(min(before.st_size, most)) + 1)  # `read` takes memory for as much as it is told
        after = os.fstat(file.fileno())
    if len(data) > most:
        return Outcome("skipped", LARGE, before.st_size, before.st_ctime_ns)
    steady = (before.st_size, before.st_ctime_ns) == (after.st_size, after.st_ctime_ns) and before.st_size == len(data)
    size, changed = before.st_size, before.st_ctime_ns if steady else 0
    digest = hashlib.blake2b(data, digest_size=16).digest()
    if digest == job.known:
        return Outcome("same", "", size, changed, digest)
    return _parsed(data, job, settings, Outcome("read", "", size, changed, digest))


def _parsed(data: bytes, job: Job, settings: LibrarySettings, outcome: Outcome) -> Outcome:
    replace = msgspec.structs.replace
    try:
        document = read(data, job.name or os.path.basename(job.root))
    except Binary:
        return replace(outcome, state="skipped", reason=BINARY)
    except Unreadable as error:
        return replace(outcome, state="failed", reason=str(error))
    pieces = list(chunks(document.segments, settings.chunk_chars))
    return replace(outcome, kind=document.kind, pages=_page_count(document), chunks=pieces)


def _page_count(document: Document) -> int | None:
    return document.segments[-1].page


def _open(job: Job) -> int:
    """The file, opened folder by folder: a link put in since the folders were listed leads nowhere."""
    *folders, name = job.name.split(b"/") if job.name else [job.root]
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    folder = os.open(job.root if job.name else b"/", flags | os.O_DIRECTORY)
    try:
        for part in folders:
            inner = os.open(part, flags | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name, flags | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)


if __name__ == "__main__":
    main()
