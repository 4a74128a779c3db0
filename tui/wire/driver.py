"""The driver between Textual and the terminal: sends only the cells that changed, and lets nothing else through.

Textual repaints whole lines with the whole style before every piece; over a slow line that is what makes an answer
jerk. It is also the last gate: text can hold no sequence here, and the only sequences that pass are those that
Textual's own driver is known to write.
"""

import asyncio
import base64
import contextlib
import os
import re
import signal
from collections.abc import Iterator
from typing import Any, TextIO

from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

from .grid import Grid

_SYNC_START, _SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
_SYNC_FROM = 400
"""Bytes of a frame from which it is sent as one synchronised update; smaller ones cannot be seen half done."""
_MODES = "1000|1002|1003|1004|1006|1015|1016|1049|2004|2048|25|7"
_ALLOWED = re.compile(
    rf"""(?: \x1b\[\? (?:{_MODES}) [hl]           # mouse, focus, alternate screen, paste, resize, cursor, line wrap
           | \x1b\[\? (?:2026|2048) \$p           # may the terminal do that?
           | \x1b\[ (?: >\d{{1,3}} | < ) u        # the keys of kitty's protocol
           | \x1b\]22;[a-z-]{{0,20}}\x07          # shape of the mouse pointer
           | \x07
         )+""",
    re.VERBOSE,
)
_FRAME = re.compile(r"\x1b\[\d*(?:;\d*)?H")


class WireDriver(LinuxDriver):
    """For Linux and macOS."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._file: Any = _Lasting(self._file)
        # GNU screen erases without colour unless told otherwise; tmux may call itself screen, too.
        self._grid = Grid(erases=not os.environ.get("TERM", "").startswith("screen"))
        self._drawn_size = (0, 0)
        self._synchronised = False

    def write(self, data: str) -> None:
        """A frame, in which only text and styles count, or sequences of the list above; all else is dropped."""
        if data in (_SYNC_START, _SYNC_END):
            self._synchronised = data == _SYNC_START
        elif _ALLOWED.fullmatch(data):
            if "?1049" in data:  # another screen, where no colour of ours may stay
                self._grid.forget()
                data = f"\x1b[0m{data}"
            super().write(data)
        elif _FRAME.search(data):
            self._draw(data)

    def copy(self, text: str) -> None:
        """Asks the terminal to put `text` into its clipboard: the only way in which such a sequence gets out."""
        super().write(f"\x1b]52;c;{base64.b64encode(text.encode(errors='replace')).decode()}\x07")

    def _draw(self, frame: str) -> None:
        size = (self._app.size.width, self._app.size.height)
        if size != self._drawn_size:
            self._drawn_size = size
            self._grid.forget()
        out = self._grid.draw(frame, *size)
        if self._synchronised and len(out) >= _SYNC_FROM:
            out = f"{_SYNC_START}{out}{_SYNC_END}"
        if out:
            super().write(out)

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # Textual's own handler may be interrupted by the next signal, and then tells the older size last.
        asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, self._resized)

    def _resized(self) -> None:
        """Nobody knows what the terminal shows now, not even where it has its old size again.

        In a storm Textual takes only the last size, and paints nothing when that is the one before the storm.
        """
        self._grid.forget()
        size = Size(*self._get_terminal_size())
        self._app.post_message(events.Resize(size, size))
        self._app.refresh(layout=True)

    def _run_input_thread(self) -> None:
        """A terminal that is gone is no bug: the program ends."""
        try:
            self.run_input_thread()
        except OSError:
            self._app.call_later(self._app.exit)


class _Lasting:
    """The terminal as a file. Once it is gone, writing goes nowhere: an error would end Textual's thread for it, and
    whoever writes more would wait for ever."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._gone = file, False

    def write(self, text: str) -> None:
        if not self._gone:
            with self._noticing():
                self._file.write(text)

    def flush(self) -> None:
        if not self._gone:
            with self._noticing():
                self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()

    @contextlib.contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self._gone = True
