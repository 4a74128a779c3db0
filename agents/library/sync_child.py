"""`sync` as a process of its own, for the engine: one JSON object a line on stdout.

    {"type": "progress", ...Progress}   while it works
    {"type": "report", ...Report}       at the end, or
    {"type": "error", "code", "message", "hint"}

It ends when its stdin closes, so it does not outlive the engine.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..errors import Code, DocmindError
from ..settings import LibrarySettings
from ..text import one_line
from .sync import Progress, sync

_EVERY = 0.05
"""Seconds between two lines of progress."""


def command(roots: Sequence[Path], file: Path, settings: LibrarySettings, wait: bool = True) -> list[str]:
    """The command line that updates the index `file` of `roots`; `wait` as in `sync`."""
    # -P: a module of the current folder, which is somebody's documents, must not be imported.
    given = (
        os.fspath(file),
        *(msgspec.json.encode(what).decode() for what in (settings, wait)),
        *map(os.fspath, roots),
    )
    return [sys.executable, "-P", "-m", f"{__package__}.sync_child", *given]


def main() -> None:
    file, encoded, wait, *roots = sys.argv[1:]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    settings = msgspec.json.decode(encoded, type=LibrarySettings)
    try:
        report = sync([Path(root) for root in roots], Path(file), settings, _Teller(), wait=msgspec.json.decode(wait))
    except DocmindError as error:
        _say("error", {"code": error.code.value, "message": error.message, "hint": error.hint})
    except Exception as error:
        _say("error", {"code": Code.INTERNAL.value, "message": one_line(repr(error)), "hint": ""})
    else:
        _say("report", msgspec.to_builtins(report))


class _Teller:
    """Passes progress on, but not more often than somebody could see it."""

    def __init__(self) -> None:
        self._last = ("", 0.0)

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.state != self._last[0] or now - self._last[1] >= _EVERY or progress.done == progress.todo:
            self._last = (progress.state, now)
            _say("progress", msgspec.to_builtins(progress))


def _say(kind: str, fields: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode({"type": kind, **fields}) + b"\n")
    sys.stdout.buffer.flush()


def _end_with_parent() -> None:
    while os.read(0, 4096):  # not `sys.stdin`: its lock, held by this thread, would abort a normal end
        pass
    os._exit(1)  # a transaction that is not finished does not count


if __name__ == "__main__":
    main()
