"""What is going on, on a terminal: one line on stderr, written again and again."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from docmind.agents.text import one_line

from .terminal import DIM, is_styled, notice, width

if TYPE_CHECKING:
    from docmind.agents.library.sync import Progress

_EVERY = 0.1
"""Seconds between two repaints."""
_WIPE = "\r\x1b[K"


class ProgressLine:
    """Use it in a `with` block: the line is gone after it. Silent without a terminal, but for what one must know."""

    def __init__(self) -> None:
        self._painted = float("-inf")
        self._shown = False
        self._told = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Make room for something that stays; what else stands on the line is left alone."""
        if self._shown:
            self._write(_WIPE)
            self._shown = False

    def write(self, text: str) -> None:
        """Replace the line by `text`."""
        self._write(_WIPE + one_line(text, width() - 1))
        self._shown = True

    def tell_once(self, text: str) -> None:
        """A wait without an end in sight, where the line is not seen: the first one is told as a line that stays."""
        if not (self._told or is_styled(sys.stderr)):
            self._told = True
            notice(f"  {text}", DIM)

    def show(self, progress: "Progress") -> None:
        if progress.state == "waiting":
            notice("Another docmind is updating this index: waiting for it.", DIM)
        elif time.monotonic() - self._painted >= _EVERY:
            self._painted = time.monotonic()
            self.write(_text(progress))

    def _write(self, text: str) -> None:
        if is_styled(sys.stderr):
            sys.stderr.write(text)
            sys.stderr.flush()


def _text(progress: "Progress") -> str:
    if progress.state == "reading":
        failed = f", {progress.failed:,} not readable" if progress.failed else ""
        return f"reading {progress.done:,} of {progress.todo:,} files{failed}  {one_line(progress.path, 60)}"
    return "tidying up the index" if progress.state == "settling" else "looking for files"
