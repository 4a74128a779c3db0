"""Which cards have been too hot for a while. Nothing here changes anything about a card."""

import time
from collections.abc import Callable, Collection, Sequence

from .gpu import Gpu
from .limits import Limits
from .watching import INTERVAL_S

LONG_S = 30.0
"""Seconds over its limit after which a card counts as too hot; one that slows itself down for it does at once."""
STALE_S = 5 * INTERVAL_S
"""Seconds after which a reading says nothing any more: a driver may hang, and nobody shall wait for it."""


class Heat:
    """`take` gets every reading, in any thread. `now` gives seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._limits = now, Limits()
        self._since: dict[int, float] = {}
        self._long: Collection[int] = ()
        self._words, self._read_at = "", now()

    @property
    def words(self) -> str:
        """`GPU 0 is at 88 °C`, of each card that is too hot now; empty: none is, as far as that is known."""
        return self._words if self._now() - self._read_at < STALE_S else ""

    def take(self, gpus: Sequence[Gpu]) -> list[str]:
        """Which cards have been over their limit for LONG_S with this reading, in words."""
        now, before = self._now(), self._long
        self._limits.take(gpus)
        self._since = {index: self._since.get(index, now) for index in self._limits.hot}
        self._long = {index for index, since in self._since.items() if now - since >= LONG_S}
        self._words = ", ".join(_words(gpu) for gpu in gpus if gpu.index in self._long or _slowed(gpu))
        self._read_at = now
        return [_words(gpu) for gpu in gpus if gpu.index in self._long and gpu.index not in before]


def _slowed(gpu: Gpu) -> bool:
    return "heat" in (gpu.throttle or ())


def _words(gpu: Gpu) -> str:
    degrees = f"is at {gpu.temperature} °C" if gpu.temperature is not None else ""
    slowed = "is slowed down by heat" if _slowed(gpu) else ""
    return f"GPU {gpu.index} {' and '.join(filter(None, [degrees, slowed]))}"
