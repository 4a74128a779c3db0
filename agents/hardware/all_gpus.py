"""All cards of the machine, whoever made them."""

from collections.abc import Sequence

import msgspec

from .amd import AmdReader
from .gpu import Reader, Reading
from .nvml import NvmlReader


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
