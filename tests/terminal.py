"""A real terminal for a real program: a pty, a screen (pyte), and the answers that a modern terminal gives."""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import pyte

KEYS = {
    "enter": "\r",
    "newline": "\n",
    "tab": "\t",
    "escape": "\x1b",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "backspace": "\x7f",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "ctrl+home": "\x1b[1;5H",
    "ctrl+end": "\x1b[1;5F",
    **{f"f{n}": f"\x1bO{letter}" for n, letter in enumerate("PQRS", 1)},
    **{f"f{n}": f"\x1b[{code}~" for n, code in ((5, 15), (6, 17), (12, 24))},
    **{f"alt+{n}": f"\x1b{n}" for n in range(1, 10)},
}
# What pyte does not know: strings to the terminal, private and intermediate forms.
_UNKNOWN = re.compile(
    rb"\x1b[P_^][^\x1b]*\x1b\\|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[<=>][0-9;:]*[a-zA-Z]|\x1b\[[0-9;?]*[$ ][a-z]"
    rb"|\x1b\[\?u|\x1b\[[0-9;]*t"
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;:<=>? $]*|[\]P_][^\x07\x1b]*\x1b?)?$")


def _answers(columns: int, rows: int) -> list[tuple[re.Pattern[bytes], Callable[[re.Match[bytes]], bytes]]]:
    """What is asked, and what a terminal of this size says to it."""

    def fixed(text: bytes) -> Callable[[re.Match[bytes]], bytes]:
        return lambda _: text

    return [
        (re.compile(rb"\x1b\[0?c"), fixed(b"\x1b[?62;22c")),
        (re.compile(rb"\x1b\[>0?q"), fixed(b"\x1bP>|XTerm(390)\x1b\\")),
        (re.compile(rb"\x1b\[16t"), fixed(b"\x1b[6;16;8t")),
        (re.compile(rb"\x1b\[14t"), fixed(b"\x1b[4;%d;%dt" % (rows * 16, columns * 8))),
        (re.compile(rb"\x1b\[6n"), fixed(b"\x1b[1;1R")),
        (re.compile(rb"\x1b\]11;\?"), fixed(b"\x1b]11;rgb:1111/1111/1111\x1b\\")),
        (re.compile(rb"\x1b\[\?(\d+)\$p"), lambda m: b"\x1b[?%s;%s$y" % (m[1], b"2" if m[1] == b"2026" else b"0")),
    ]


def _sent_for(key: str) -> str:
    return KEYS.get(key) or (chr(ord(key[-1]) & 31) if re.fullmatch(r"ctrl\+\w", key) else key)


class Terminal:
    """The program runs from the first line to the end of the `with` block, which ends it."""

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], *, columns: int = 120, rows: int = 40
    ) -> None:
        self.raw = bytearray()
        """All that the program has written."""
        self.status: int | None = None
        """Exit status as a shell has it; None while it runs."""
        self._command = list(command)
        # A terminal tells its size itself; tests that run side by side have these in their environment.
        self._environ = {name: value for name, value in environ.items() if name not in ("COLUMNS", "LINES")}
        self._held = b""
        self._size(columns, rows)

    def __enter__(self) -> Self:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(self._command[0], self._command, self._environ)
        self._tell_size()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error:
            print(self.text(), file=sys.stderr)
        if self.status is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        self.hang_up()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.screen.columns, self.screen.lines

    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def keys(self, *keys: str) -> None:
        """Presses keys one after the other: a name of KEYS, `ctrl+x`, or text as it is."""
        for key in keys:
            self.at_once(key)

    def at_once(self, *keys: str) -> None:
        """Presses keys that arrive together, as over a slow line."""
        self.send("".join(map(_sent_for, keys)).encode())

    def send(self, data: bytes) -> None:
        """Writes it, while the program may write, too."""
        while data:
            _, writable, _ = select.select([], [self._fd], [], 0.01)
            if writable:
                data = data[os.write(self._fd, data[:1024]) :]
            self.read(0)

    def resize(self, columns: int, rows: int) -> None:
        """Tells the program, as a terminal does; the old content stays, as far as it fits."""
        self.screen.resize(rows, columns)
        self._replies = _answers(columns, rows)
        self._tell_size()

    def wait(self, pattern: str, timeout: float = 30.0) -> None:
        """Until the screen shows this. Raises AssertionError after `timeout` seconds, or when the program ends."""
        self.until(lambda: bool(re.search(pattern, self.text(), re.M | re.S)), pattern, timeout)

    def until(self, condition: Callable[[], bool], what: str = "the condition", timeout: float = 30.0) -> None:
        """Reads until it holds."""
        end = time.monotonic() + timeout
        while not condition():
            alive = self.read(0.05)
            if not condition() and (not alive or time.monotonic() > end):
                raise AssertionError(f"{what!r} did not come:\n{self.text()}")

    def read(self, seconds: float) -> bool:
        """What the program writes within this time; false when it has closed the terminal."""
        readable, _, _ = select.select([self._fd], [], [], seconds)
        if not readable:
            return True
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            data = b""
        self._take(data)
        return bool(data)

    def ended(self, timeout: float = 15.0) -> int:
        """Waits for the end of the program; its exit status."""
        end = time.monotonic() + timeout
        while self.status is None:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            assert time.monotonic() < end, f"it did not end:\n{self.text()}"
        while self.read(0):
            if not select.select([self._fd], [], [], 0.05)[0]:
                break
        return self.status

    def hang_up(self) -> None:
        """Closes the terminal, as a lost line does."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _size(self, columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._replies = _answers(columns, rows)

    def _tell_size(self) -> None:
        columns, rows = self.size
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * 8, rows * 16))

    def _take(self, data: bytes) -> None:
        self.raw += data
        data = self._held + data
        asked = [(found, reply) for each, reply in self._replies for found in each.finditer(data)]
        for found, reply in sorted(asked, key=lambda one: one[0].start()):  # in their order, as terminals do it
            if found.end() > len(self._held):
                os.write(self._fd, reply(found))
        unfinished = _UNFINISHED.search(data[-4096:])
        self._held = unfinished.group() if unfinished else b""
        self._stream.feed(_UNKNOWN.sub(b"", data[: len(data) - len(self._held)]))
