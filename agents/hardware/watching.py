"""Reads the hardware again and again in a thread of its own, so that a driver that hangs stops nothing else."""

import threading
from collections.abc import Callable
from typing import NamedTuple

from .all_gpus import AllGpus
from .gpu import Reader, Reading
from .machine import Machine, read_machine

INTERVAL_S = 2.0
"""Seconds between two readings."""


class Sample(NamedTuple):
    """One reading of everything."""

    gpus: Reading
    machine: Machine | None
    """Only where there is no GPU."""


class Watch:
    """`tell` is called in the thread. A daemon: the end of the process does not wait for it."""

    def __init__(self, tell: Callable[[Sample], None], reader: Reader | None = None) -> None:
        self._tell, self._reader = tell, reader or AllGpus()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hardware", daemon=True)

    def start(self) -> None:
        """Reads at once, then every INTERVAL_S seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Does not wait for a reading that goes on."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            found = self._reader.read()
            sample = Sample(found, None if found.gpus else read_machine())
            if not self._ended.is_set():
                self._tell(sample)
            self._ended.wait(INTERVAL_S)
