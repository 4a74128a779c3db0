"""The last hour of every value of every card, in rings of fixed size: memory does not grow however long it runs."""

from array import array
from collections.abc import Sequence
from math import isnan, nan

from .gpu import Gpu
from .watching import INTERVAL_S, Sample

HOUR = int(3600 / INTERVAL_S)
"""Readings that are kept."""


class Ring:
    """The last `size` values; nan where there was none."""

    def __init__(self, size: int = HOUR) -> None:
        self._values, self._next, self._full = array("f", [nan]) * size, 0, False

    def add(self, value: float | None) -> None:
        """The newest."""
        self._values[self._next] = nan if value is None else value
        self._next = (self._next + 1) % len(self._values)
        self._full = self._full or self._next == 0

    def last(self, columns: int) -> list[float | None]:
        """All that is kept in at most `columns` parts of equal length, oldest first: the highest value of each.

        The highest: a peak that lasted for one reading is what one looks for. None for a part without values.
        """
        values = self._values[self._next :] + self._values[: self._next] if self._full else self._values[: self._next]
        per_column = -(-len(self._values) // columns)
        start = len(values) % per_column
        parts = [values[max(at, 0) : at + per_column] for at in range(start - per_column, len(values), per_column)]
        return [_highest(part) for part in parts if len(part)]


class Hour:
    """Of all cards: `load`, `vram`, `temperature` and `power` as shares from 0 to 1."""

    def __init__(self) -> None:
        self._rings: dict[tuple[int, str], Ring] = {}

    def take(self, sample: Sample) -> None:
        """A new reading. A card that is lost has no values meanwhile."""
        found = {gpu.index: shares(gpu) for gpu in sample.gpus.gpus}
        for index, values in found.items():
            for what in values:
                self._rings.setdefault((index, what), Ring())
        for (index, what), ring in self._rings.items():
            ring.add(found.get(index, {}).get(what))

    def last(self, index: int, what: str, columns: int) -> Sequence[float | None]:
        """As `Ring.last`."""
        ring = self._rings.get((index, what))
        return ring.last(columns) if ring else []


def shares(gpu: Gpu) -> dict[str, float]:
    """The values of a card that can be drawn, each as a share of what it can be; 20 to 100 degrees."""
    found = {
        "load": None if gpu.load is None else gpu.load / 100,
        "vram": gpu.memory_used / gpu.memory_total if gpu.memory_used is not None and gpu.memory_total else None,
        "temperature": None if gpu.temperature is None else (gpu.temperature - 20) / 80,
        "power": None if gpu.power is None else gpu.power / (gpu.power_limit or 1000),
    }
    return {what: value for what, value in found.items() if value is not None}


def _highest(values: Sequence[float]) -> float | None:
    return max((value for value in values if not isnan(value)), default=None)
