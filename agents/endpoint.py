"""Where the engine of a data folder listens, and whether there is one."""

import contextlib
import fcntl
import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from .errors import DocmindError
from .folders import runtime_dir


def socket_file(data_dir: Path) -> Path:
    """The Unix socket; short, since the kernel allows about 100 bytes. Raises DocmindError without a private folder."""
    name = hashlib.blake2b(os.fsencode(data_dir.resolve()), digest_size=6).hexdigest()
    return runtime_dir() / f"engine-{name}.sock"


@contextlib.contextmanager
def only_engine(data_dir: Path) -> Iterator[socket.socket | None]:
    """The listening socket, or None when this data folder has an engine already. Raises OSError.

    The lock says who is the engine: the kernel frees it with the process. A socket file may be left over from a crash.
    """
    path = socket_file(data_dir)
    with _lock(data_dir) as lock:
        if not _obtained(lock):
            yield None
            return
        os.truncate(lock, 0)  # the process of the last engine
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.fspath(path))
            path.chmod(0o600)  # nobody else gets as far as this folder anyway
            listener.listen()
            try:
                yield listener
            finally:
                path.unlink(missing_ok=True)


def note_pid(data_dir: Path, process: int) -> None:
    """So that an engine that hangs can be found."""
    _lock_file(data_dir).write_text(str(process))


def engine_pid(data_dir: Path) -> int:
    """The process of the running engine. Raises ValueError when it has not come so far yet."""
    return int(_lock_file(data_dir).read_text())


def running_pid(data_dir: Path) -> int | None:
    """The process of the engine; None when there is none, or it cannot be told."""
    with contextlib.suppress(DocmindError, OSError, ValueError):
        if is_running(data_dir):
            return engine_pid(data_dir)
    return None


def is_running(data_dir: Path) -> bool:
    """Whether this data folder has an engine, also one that hangs."""
    with _lock(data_dir) as lock:
        return not _obtained(lock)


def _lock_file(data_dir: Path) -> Path:
    return socket_file(data_dir).with_suffix(".lock")


@contextlib.contextmanager
def _lock(data_dir: Path) -> Iterator[int]:
    lock = os.open(_lock_file(data_dir), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)


def _obtained(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
