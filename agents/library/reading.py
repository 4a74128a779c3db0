"""Reads files in a child process, which a timeout, a crash or too much memory costs one file and nothing more."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import IO, Literal, Self

import msgspec

from ..settings import LibrarySettings
from .chunks import Chunk


class Job(msgspec.Struct, frozen=True, array_like=True):
    """A file to read, as the finder saw it (`finder.Found`), and the hash that is known of it."""

    root: bytes
    name: bytes
    size: int
    changed: int
    known: bytes = b""


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """What became of a job.

    `same`: the content has the known hash. `gone`: it is no longer there. `skipped`, `failed`: `reason` says why.
    """

    state: Literal["read", "same", "gone", "skipped", "failed"]
    reason: str = ""
    size: int = 0
    changed: int = 0
    """Of the bytes that were read, see `finder.Found`; 0: it changed meanwhile, read it again next time."""
    hash: bytes = b""
    kind: str = ""
    pages: int | None = None
    chunks: list[Chunk] = []


_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP)
"""Ends that are not the file's fault, at first; a system short of memory kills, too, and then does so again."""


class ChildDied(Exception):
    """The child ended without an answer; the argument is its exit status, negative for a signal."""


class Reader:
    """The child process. Use it in a `with` block: leaving it ends the child, whatever it is doing."""

    def __init__(self, settings: LibrarySettings) -> None:
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None
        self._decoder = msgspec.msgpack.Decoder(Outcome)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def read(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        """Each job with its outcome. The child already works on the next file while the caller stores this one."""
        waiting = iter(jobs)
        job = self._send(next(waiting, None))
        while job:
            following = self._send(next(waiting, None))
            yield job, self._outcome(job, following)
            job = following

    def _outcome(self, job: Job, following: Job | None, again: bool = True) -> Outcome:
        """What the child says of the job that it works on, or what its death means."""
        try:
            return self._receive()
        except ChildDied as death:
            status = death.args[0]
        self._stop()
        if again and status in _FROM_OUTSIDE:
            self._send(job)
        self._send(following)
        if again and status in _FROM_OUTSIDE:
            return self._outcome(job, following, again=False)
        return Outcome("failed", self._reason(status), job.size, job.changed)

    def _send(self, job: Job | None) -> Job | None:
        if job:
            self._child = self._child or self._start()
            with contextlib.suppress(BrokenPipeError):  # `_receive` finds the dead child
                write_frame(_pipe(self._child.stdin), msgspec.msgpack.encode(job))
        return job

    def _receive(self) -> Outcome:
        assert self._child
        frame = read_frame(_pipe(self._child.stdout))
        if frame is None:
            raise ChildDied(self._child.wait())
        return self._decoder.decode(frame)

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: a module of the current folder, which is somebody's documents, must not be imported.
        command = [
            sys.executable,
            "-P",
            "-m",
            f"{__package__}.read_child",
            msgspec.json.encode(self._settings).decode(),
        ]
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=null, start_new_session=True)

    def _stop(self) -> None:
        if self._child:
            self._child.kill()
            self._child.wait()
            for stream in (self._child.stdin, self._child.stdout):
                with contextlib.suppress(BrokenPipeError):
                    _pipe(stream).close()
        self._child = None

    def _reason(self, status: int) -> str:
        if status == -signal.SIGALRM:
            return f"took longer than {self._settings.file_timeout:g} s to read"
        if status == 1:  # how Python ends after an error of its own
            return "docmind made an error in reading it"
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return f"reading it crashed or took more than {self._settings.file_memory_mb} MiB of memory ({how})"


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream
    return stream


def write_frame(stream: IO[bytes], frame: bytes) -> None:
    """The frame after its length, eight bytes."""
    stream.write(len(frame).to_bytes(8, "big"))
    stream.write(frame)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame; None when the stream ended, even inside a frame."""
    length = stream.read(8)
    frame = stream.read(int.from_bytes(length, "big"))
    return frame if len(length) == 8 and len(frame) == int.from_bytes(length, "big") else None
