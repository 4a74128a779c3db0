"""A terminal for tests: the real program in a real pty, and an emulator that holds what a user would see."""

import fcntl
import os
import re
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import pyte

KEYS = {
    "enter": "\r",
    "shift+enter": "\x1b[13;2u",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "delete": "\x1b[3~",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
}
"""What a terminal sends for a key. `ctrl+x` and `alt+x` are known for every letter and digit."""

_UNREADABLE = re.compile(
    rb"\x1b\[[<=>][0-9;:]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b\[\?u|\x1b\[[0-9;]*t"
    rb"|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[0?c|\x1b\[6n"
)
"""Sequences that change no cell, and that the emulator would misread or answer itself."""
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;:<=>?$ ]*|[\]P_^X][^\x07\x1b]{0,65536}\x1b?)?\Z")
_BUFFER = 65536


class Terminal:
    """One program in a pty of `columns` x `rows`. It answers what an xterm with synchronized updates answers.

    A thread reads all the time, so that the program never waits for the test. `environ` is the whole environment.
    """

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], *, columns: int = 120, rows: int = 40
    ) -> None:
        self.raw = bytearray()
        """Every byte that the program wrote."""
        self.screen = pyte.Screen(columns, rows)
        self._stream, self._unread = pyte.ByteStream(self.screen), b""
        self._changed = threading.Condition()
        self._ended = False
        self._master, slave = os.openpty()
        self._set_size(columns, rows)
        self.process = subprocess.Popen(
            command,
            env=dict(environ),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def text(self) -> str:
        """The screen, without spaces at the ends of lines."""
        with self._changed:
            return "\n".join(line.rstrip() for line in self.screen.display)

    def wait(self, pattern: str, timeout: float = 30) -> re.Match[str]:
        """Until the screen shows `pattern` (re.MULTILINE). Raises AssertionError with the screen after `timeout` s."""
        wanted = re.compile(pattern, re.MULTILINE)
        self.until(lambda: wanted.search(self.text()) is not None, timeout, f"no {pattern!r}")
        found = wanted.search(self.text())
        return found if found else self.wait(pattern, timeout)  # it went away in between

    def until(self, condition: Callable[[], bool], timeout: float = 30, otherwise: str = "not so") -> None:
        """Until `condition` holds; it is asked again after each output of the program."""
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._ended, timeout)
            assert condition(), f"{otherwise} on this screen:\n{self.text()}"

    def keys(self, *keys: str) -> None:
        """Presses keys by their names (`enter`, `ctrl+q`, `alt+1`, `f2`); everything else is typed as it is."""
        os.write(self._master, "".join(map(_sent, keys)).encode())

    def paste(self, text: str) -> None:
        """As a terminal with bracketed paste does it."""
        self.keys(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """The program hears of it by SIGWINCH."""
        with self._changed:
            self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, timeout: float = 30) -> int:
        """Waits for the end of the program, and returns its exit status."""
        status = self.process.wait(timeout)
        self._reader.join(timeout)
        return status

    def close(self) -> None:
        """Ends the program if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(10)
        os.close(self._master)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * 8, rows * 16))

    def _read(self) -> None:
        while data := self._next():
            with self._changed:
                self.raw += data
                self._show(self._unread + data)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _next(self) -> bytes:
        try:
            return os.read(self._master, _BUFFER)
        except OSError:  # Linux: the last process of the pty has ended
            return b""

    def _show(self, data: bytes) -> None:
        unfinished = _UNFINISHED.search(data)
        end = unfinished.start() if unfinished else len(data)
        shown = 0
        for found in _UNREADABLE.finditer(data, 0, end):
            self._stream.feed(data[shown : found.start()])
            shown = found.end()
            if reply := self._reply(found[0]):
                os.write(self._master, reply)
        self._stream.feed(data[shown:end])
        self._unread = data[end:]

    def _reply(self, query: bytes) -> bytes:
        if found := re.fullmatch(rb"\x1b\[\?(\d+)\$p", query):
            return b"\x1b[?%s;%d$y" % (found[1], 2 if found[1] == b"2026" else 0)
        if found := re.match(rb"\x1b\](10|11);\?", query):
            return b"\x1b]%s;rgb:%s\x1b\\" % (found[1], b"dddd/dddd/dddd" if found[1] == b"10" else b"1111/1111/1111")
        rows, columns = self.screen.lines, self.screen.columns
        cursor: Any = self.screen.cursor
        return {
            b"\x1b[c": b"\x1b[?62;22c",
            b"\x1b[>c": b"\x1b[>41;390;0c",
            b"\x1b[>q": b"\x1bP>|XTerm(390)\x1b\\",
            b"\x1b[6n": b"\x1b[%d;%dR" % (cursor.y + 1, cursor.x + 1),
            b"\x1b[14t": b"\x1b[4;%d;%dt" % (rows * 16, columns * 8),
            b"\x1b[16t": b"\x1b[6;16;8t",
            b"\x1b[18t": b"\x1b[8;%d;%dt" % (rows, columns),
        }.get(re.sub(rb"(?<=[\[>])0(?=[cq])", b"", query), b"")


def _sent(key: str) -> str:
    if key in KEYS:
        return KEYS[key]
    if re.fullmatch(r"ctrl\+[a-z]", key):
        return chr(ord(key[-1]) & 31)
    if re.fullmatch(r"alt\+[a-z0-9]", key):
        return f"\x1b{key[-1]}"
    return key
