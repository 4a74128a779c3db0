"""All cards of the machine, whoever made them."""

import queue
import threading
from collections.abc import Sequence

import msgspec

from .amd import AmdReader
from .gpu import Reader, Reading
from .nvml import NvmlReader

LIMIT_S = 5.0
"""Seconds after which a driver counts as hanging."""


class AllGpus:
    """Numbers the cards of all vendors through, NVIDIA's first."""

    def __init__(self, readers: Sequence[Reader] | None = None) -> None:
        self._readers = readers if readers is not None else (NvmlReader(), AmdReader())

    def read(self) -> Reading:
        """Every vendor's cards; versions are those of the first driver that tells them."""
        readings = [reader.read() for reader in self._readers]
        gpus = [gpu for reading in readings for gpu in reading.gpus]
        return Reading(
            [msgspec.structs.replace(gpu, index=index) for index, gpu in enumerate(gpus)],
            " ".join(reading.problem for reading in readings if reading.problem),
            next((reading.driver for reading in readings if reading.driver), ""),
            next((reading.cuda for reading in readings if reading.cuda), ""),
        )


def read_in_time(reader: Reader, limit: float = LIMIT_S) -> Reading:
    """A reading, or the problem that there was none within `limit` seconds; the end of the process waits for none."""
    told: queue.Queue[Reading] = queue.Queue()
    threading.Thread(target=lambda: told.put(reader.read()), daemon=True).start()
    try:
        return told.get(timeout=limit)
    except queue.Empty:
        return Reading([], f"The driver of the GPU has not answered for {limit:g} s. Try `nvidia-smi`.")
