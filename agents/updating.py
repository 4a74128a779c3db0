"""Brings an index up to date from the engine, in a child process: parsing is CPU-bound, and may hang."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from .errors import Code, DocmindError
from .library.sync import Progress, pending
from .library.sync_child import command
from .settings import LibrarySettings
from .text import one_line


class _Error(msgspec.Struct, tag="error"):
    code: str
    message: str
    hint: str


class _Progress(Progress, frozen=True, kw_only=True, tag="progress"):
    pass


class _Report(msgspec.Struct, tag="report"):
    """Its figures are read from the index itself."""


_LONGEST_LINE = 64 * 1024 * 1024
"""Bytes; the report names every file that could not be read."""

_decoder = msgspec.json.Decoder(_Error | _Progress | _Report)


async def update(
    roots: Sequence[Path], file: Path, settings: LibrarySettings, tell: Callable[[Progress], None], wait: bool
) -> None:
    """Reads what is new or changed; nothing is started when there is nothing.

    `wait` for another update of the same index. Raises DocmindError: as `sync` does.
    """
    if not await asyncio.to_thread(pending, roots, file, settings):
        return
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *command(roots, file, settings, wait), stdin=pipe, stdout=pipe, limit=_LONGEST_LINE
    )
    try:
        await _follow(child, tell)
    finally:
        await _end(child)


async def _follow(child: asyncio.subprocess.Process, tell: Callable[[Progress], None]) -> None:
    assert child.stdout is not None
    async for line in child.stdout:
        match _decoder.decode(line):
            case _Progress() as progress:
                tell(progress)
            case _Error() as error:
                raise DocmindError(Code(error.code), error.message, error.hint)
            case _Report():
                return
    message = f"The process that reads the documents ended early (status {await child.wait()})."
    raise DocmindError(Code.INTERNAL, one_line(message), "Ask again; what was read is kept.")


async def _end(child: asyncio.subprocess.Process) -> None:
    """Its stdin is its lifeline: what it has not committed is given up."""
    assert child.stdin is not None
    child.stdin.close()
    with contextlib.suppress(ProcessLookupError):
        await child.wait()
