"""All cards of the machine, whoever made them."""

import itertools
import queue
import threading
from collections.abc import Sequence

import msgspec

from ..text import one_line
from .amd import AmdReader
from .gpu import Reader, Reading, believed
from .nvml import NvmlReader

LIMIT_S = 5.0
"""Seconds after which a driver counts as hanging."""


class AllGpus:
    """Numbers the cards of all vendors through, NVIDIA's first."""

    def __init__(self, readers: Sequence[Reader] | None = None) -> None:
        self._readers = readers if readers is not None else (NvmlReader(), AmdReader())
        self._most = [0] * len(self._readers)  # cards of each so far: the others keep their numbers when one is lost

    def read(self) -> Reading:
        """Every vendor's cards; versions are those of the first driver that tells them."""
        readings = [_read(reader) for reader in self._readers]
        self._most = [
            max([most, *(gpu.index + 1 for gpu in reading.gpus)])
            for most, reading in zip(self._most, readings, strict=True)
        ]
        firsts = [0, *itertools.accumulate(self._most)]
        return Reading(
            [
                msgspec.structs.replace(believed(gpu), index=first + gpu.index)
                for first, reading in zip(firsts, readings, strict=False)
                for gpu in reading.gpus
            ],
            " ".join(reading.problem for reading in readings if reading.problem),
            next((reading.driver for reading in readings if reading.driver), ""),
            next((reading.cuda for reading in readings if reading.cuda), ""),
        )


def _read(reader: Reader) -> Reading:
    try:
        return reader.read()
    except Exception as error:  # whatever a binding may raise: a thread that ended by it would never read again
        return Reading([], f"The graphics cards cannot be read: {one_line(repr(error), 200)}.")


class InTime:
    """Reads in a thread that the end of the process does not wait for: in one, however long a driver hangs."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._hangs = reader, False
        self._told: queue.Queue[Reading] = queue.Queue()

    def read(self, limit: float = LIMIT_S) -> Reading:
        """A reading, or the problem that there was none within `limit` seconds."""
        if not self._hangs:
            threading.Thread(target=lambda: self._told.put(self._reader.read()), daemon=True).start()
        try:
            reading = self._told.get(timeout=limit)
        except queue.Empty:
            self._hangs = True
            return Reading([], f"The driver of the GPU has not answered for {limit:g} s. Try `nvidia-smi`.")
        self._hangs = False
        return reading


def read_in_time(reader: Reader, limit: float = LIMIT_S) -> Reading:
    """One reading, as of InTime."""
    return InTime(reader).read(limit)
