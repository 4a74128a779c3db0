"""A terminal with a stop watch: what the program in it has used, and how long a key takes to show."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psutil

from terminal import Terminal

FAST = {"COLORTERM": "truecolor", "TERM": "xterm-256color"}


class Probe(Terminal):
    """CPU is that of the screen's process alone: the engine is another one."""

    def cpu(self) -> float:
        """Seconds so far, of all threads that live."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def rss_mb(self) -> float:
        return float(psutil.Process(self.pid).memory_info().rss) / 1e6

    def echo_ms(self, typed: str, key: str) -> float:
        """How long it takes until the prompt, which holds `typed`, shows one more key."""
        start = time.perf_counter()
        self.keys(key)
        self.until(lambda: typed + key in self.text())
        return (time.perf_counter() - start) * 1000

    def rest(self, seconds: float) -> None:
        """Reads for so long, whatever comes."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)
