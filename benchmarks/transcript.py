"""What the transcript costs: python benchmarks/transcript.py

Every row is a process of its own in a pty of 120x40. `stream` writes 600 tokens, 100 a second: below a chat of the
given size (`history`), at the end of an answer of that size (`one answer`), or with Textual's Markdown widget and its
own driver. `open` loads a chat and shows its end, `resize` makes the terminal 40 columns narrower.
"""

import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.drivers.linux_driver import LinuxDriver
from textual.widgets import Markdown

from docmind.agents.protocol import Answered, Token
from docmind.agents.records import Timings, Usage
from docmind.tui.transcript.parts import Answer
from docmind.tui.transcript.turn import Turn
from docmind.tui.transcript.view import Transcript
from docmind.tui.wire.driver import WireDriver

TOKENS, RATE = 600, 100
COLUMNS, ROWS = 120, 40
CASES = (
    ("stream", "markdown", 0),
    ("stream", "markdown", 20_000),
    ("stream", "history", 0),
    ("stream", "history", 1_000_000),
    ("stream", "one answer", 1_000_000),
    ("open", "history", 1_000_000),
    ("resize", "history", 1_000_000),
)
REACH = {"cpu_ms_per_token": 2.0, "open_s": 0.5, "resize_ms": 100.0, "rss_mb": 130.0}
SECTION = """## Section {i}

The **quick** brown fox `jumps` over the lazy dog and keeps _running_ through the tall grass [1] until it reaches the \
edge of the forest, see [the map](https://example.org/{i}) for the way back.

- the first item of a list, with some words
- the second item, with **bold** words

```python
def way_back(steps: int) -> int:
    return steps + {i}  # as far as it goes
```

| place | steps |
|---|---|
| forest | {i} |

"""


def text_of(size: int) -> str:
    """About `size` characters of Markdown."""
    return "".join(SECTION.format(i=number) for number in range(size // len(SECTION)))


def turns_of(size: int) -> list[Turn]:
    """A chat of about `size` characters, with answers of some 5,000."""
    text = text_of(size)
    return [_turn(f"r{start}", text[start : start + 5_000]) for start in range(0, len(text), 5_000)]


def _turn(run: str, text: str) -> Turn:
    timings = Timings(first_token_ms=600, total_ms=3200, tokens_per_s=41)
    end = Answered(run=run, answer=text, profile="balanced", model="m", citations=[], steps=[], attempts=[],
                   usage=Usage(), timings=timings)  # fmt: skip
    return Turn(run, "How do I find the way back?", [Answer(text)], end=end)


class Watched(LinuxDriver):
    """Knows when it wrote last."""

    wrote_at = 0.0

    def write(self, data: str) -> None:
        super().write(data)
        Watched.wrote_at = time.perf_counter()


class WatchedWire(WireDriver, Watched):
    """Ours: only what it sends on counts."""


class Bench(App[None]):
    """Runs one case, and leaves."""

    CSS = "VerticalScroll, Transcript { height: 1fr; } Markdown { height: auto; }"

    def __init__(self, case: str, shape: str, size: int) -> None:
        super().__init__(driver_class=Watched if shape == "markdown" else WatchedWire)
        self.animation_level = "none"
        self._case, self._shape, self._chars = case, shape, size
        self.figures: dict[str, float] = {}

    def compose(self) -> ComposeResult:
        if self._shape == "markdown":
            with VerticalScroll():
                yield Markdown(text_of(self._chars), open_links=False)
                yield Markdown(open_links=False)
        else:
            yield Transcript()

    def on_mount(self) -> None:
        self.run_worker(self._run())

    async def _run(self) -> None:
        await self._quiet()
        opening = time.perf_counter()
        if self._shape == "history":
            self.query_one(Transcript).load(turns_of(self._chars))
            await self._quiet()
        if self._case == "open":
            self.figures["open_s"] = Watched.wrote_at - opening
        elif self._case == "resize":
            await self._resize()
        else:
            await self._stream()
        self.figures["rss_mb"] = psutil.Process().memory_info().rss / 1e6
        self.exit()

    async def _quiet(self) -> None:
        """Waits until nothing has been painted for half a second."""
        before = -1.0
        while before != Watched.wrote_at:
            before = Watched.wrote_at
            await asyncio.sleep(0.5)

    async def _resize(self) -> None:
        started = time.perf_counter()
        size = struct.pack("HHHH", ROWS, COLUMNS - 40, 0, 0)
        fcntl.ioctl(sys.__stdin__.fileno(), termios.TIOCSWINSZ, size)  # type: ignore[union-attr]
        await self._quiet()
        self.figures["resize_ms"] = (Watched.wrote_at - started) * 1000

    async def _stream(self) -> None:
        tokens = re.findall(r"\s*\S{1,5}|\s+", text_of(20_000))[:TOKENS]
        show = self._shower()
        lags: list[float] = []
        began, cpu = time.perf_counter(), time.process_time()
        for number, token in enumerate(tokens):
            due = began + number / RATE
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            lags.append(time.perf_counter() - due)
            await show(token)
        await asyncio.sleep(0.2)
        self.figures["cpu_ms_per_token"] = (time.process_time() - cpu) / TOKENS * 1000
        self.figures["worst_lag_ms"] = max(lags) * 1000

    def _shower(self) -> Any:
        """An async function that shows one token."""
        if self._shape == "markdown":
            scroll, markdown = self.query_one(VerticalScroll), self.query(Markdown).last()
            scroll.anchor()
            return markdown.append
        transcript = self.query_one(Transcript)
        transcript.ask("live", "And how do I get there?")
        if self._shape == "one answer":
            transcript.show(Token(run="live", text=text_of(self._chars)))

        async def show(token: str) -> None:
            transcript.show(Token(run="live", text=token))

        return show


def measured(case: str, shape: str, size: int) -> dict[str, float]:
    """The figures of one case, from a fresh process, and the bytes that it wrote to its terminal."""
    with tempfile.NamedTemporaryFile("r") as result:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        command = [sys.executable, __file__, case, shape, str(size), result.name]
        process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            start_new_session=True,
            preexec_fn=_own_terminal,
        )
        os.close(slave)
        written: list[int] = []
        reader = threading.Thread(target=_drain, args=(master, written))
        reader.start()
        process.wait()
        reader.join()
        os.close(master)
        figures: dict[str, float] = json.loads(result.read())
        return figures | ({"bytes_per_token": sum(written) / TOKENS} if case == "stream" else {})


def _own_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _drain(master: int, written: list[int]) -> None:
    try:
        while data := os.read(master, 65536):
            written.append(len(data))
    except OSError:  # the other side is closed
        return


def report(case: str, shape: str, size: int) -> None:
    figures = measured(case, shape, size)
    told = [f"{name} {value:.2f}" for name, value in figures.items()]
    missed = [name for name, value in figures.items() if value > REACH.get(name, value) and shape != "markdown"]
    print(f"{case:7} {shape:11} {size // 1000:>5} kB   {'  '.join(told)}", *(f"MISSED {name}" for name in missed))


def main() -> None:
    if len(sys.argv) > 1:
        case, shape, size, result = sys.argv[1:]
        app = Bench(case, shape, int(size))
        app.run()
        Path(result).write_text(json.dumps(app.figures), encoding="utf-8")
        return
    print("reach: " + ", ".join(f"{name} <= {value:g}" for name, value in REACH.items()))
    for row in CASES:
        report(*row)


if __name__ == "__main__":
    main()
