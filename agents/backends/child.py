"""A model server in a child process: a native crash ends only the child, and it never outlives its parent."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections import deque
from pathlib import Path
from typing import Any, Self

from ..text import clean

LINES_KEPT = 50
"""Of the child's log, for a report."""
LONGEST_LINE = 300
"""Characters of a line that are kept."""
GRACE = 0.5
"""Seconds that a child has to end by itself."""

TELLING = re.compile(r"^[\d.]+ E |GGML_ASSERT|error", re.IGNORECASE)
"""A line of a log that tells why. llama.cpp marks its own with an E; the first one of these says most."""
PLACED = re.compile(r"buffer size =|layers to GPU")
STARTED = re.compile(r"listening on|exiting due to")
"""The line with which llama.cpp ends its log of a start; that comes a little later than what it tells of."""
_STAMP = re.compile(r"^[\d.]+ [A-Z] +")
VMSTAT = Path("/proc/vmstat")
_KILLS = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


class Child:
    """`python -m module`, which gets `config` as a line on stdin, prints its URL when ready, and ends with stdin."""

    url: str = ""
    """Set once it is ready."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._kills = memory_kills()
        self.placed: deque[str] = deque(maxlen=LINES_KEPT)
        """The lines of its log that tell where it put the model."""
        self._told = asyncio.Event()
        self._drain = asyncio.create_task(self._keep_lines())

    @classmethod
    async def start(cls, module: str, config: dict[str, Any]) -> Self:
        """Spawn it; it is not ready yet. `-P` keeps the current folder, which may be anybody's, off sys.path."""
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-P", "-m", module)
        # A session of its own, so that Ctrl-C in the terminal is ours to handle.
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        _end_first_without_memory(process.pid)
        assert process.stdin is not None
        process.stdin.write(json.dumps(config).encode() + b"\n")
        return cls(process)

    async def ready(self) -> bool:
        """Wait until it serves (True) or has ended (False)."""
        assert self.process.stdout is not None
        self.url = (await self.process.stdout.readline()).decode(errors="replace").strip()
        if not self.url:
            await self._has_told()
            assert self.process.stdin is not None
            self.process.stdin.close()
            await self.process.wait()
            await self._drain
            return False
        self.lines.clear()
        return True

    async def placement(self) -> list[str]:
        """The lines of its log that tell where it put the model; those that come within GRACE."""
        await self._has_told()
        return list(self.placed)

    async def _has_told(self) -> None:
        """Waits until its log tells how it started, but no longer than GRACE."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._told.wait()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.returncode is None

    async def died(self) -> bool:
        """Whether it has ended; a connection breaks a moment before that is known."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self.process.wait()
        return not self.alive

    @property
    def crashed(self) -> bool:
        """Whether a signal ended it, as after a native crash."""
        return self.process.returncode is not None and self.process.returncode < 0

    @property
    def killed_for_memory(self) -> bool:
        """Whether Linux killed it because memory ran out; it tells nobody, but it counts."""
        return self.process.returncode == -signal.SIGKILL and memory_kills() > self._kills

    def report(self) -> str:
        """Its exit status and the first line of its log that tells of an error, else the last one; cleaned."""
        line = next(filter(TELLING.search, self.lines), self.lines[-1] if self.lines else "")
        return f"exit status {self.process.returncode}" + (f": {_STAMP.sub('', line)}" if line else "")

    def says(self, pattern: re.Pattern[str]) -> str:
        """The first line of its log that matches; cleaned."""
        return _STAMP.sub("", next(filter(pattern.search, self.lines), ""))

    async def end(self) -> None:
        """Let it end, else kill it and its own children; returns when they are gone."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.died()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)  # with whatever it started: its session is its own
        await self.process.wait()
        await self._drain

    async def _keep_lines(self) -> None:
        """An undrained pipe would block the child."""
        assert self.process.stderr is not None
        rest = b""
        while chunk := await self.process.stderr.read(65536):
            *whole, rest = (rest + chunk).split(b"\n")
            self._keep(whole)
            rest = rest[:LONGEST_LINE]  # of a line without end
        self._keep([rest])
        self._told.set()

    def _keep(self, lines: list[bytes]) -> None:
        cleaned = (clean(line.decode(errors="replace")) for line in lines)
        told = [line[:LONGEST_LINE] for line in cleaned if line.strip()]
        self.lines.extend(told)
        self.placed.extend(filter(PLACED.search, told))
        if any(map(STARTED.search, told)):
            self._told.set()


def memory_kills() -> int:
    """How many processes of this machine Linux has killed for lack of memory; 0 where it does not say."""
    try:
        found = _KILLS.search(VMSTAT.read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _end_first_without_memory(process: int) -> None:
    """Where memory runs out, Linux kills the process with the highest score: the model's, not the engine."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{process}/oom_score_adj").write_text("1000")
