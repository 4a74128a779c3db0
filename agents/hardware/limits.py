"""Which cards are hot, full or held back: told once when it begins, with room before it counts as over."""

from collections.abc import Iterator, Sequence

from .gpu import Gpu

HOT_C, COOL_C = 85, 80
"""Degrees Celsius from which a card counts as hot, and below which it does not any more. Vendors slow theirs down
between 83 and 105; `temperature_limit` of a card counts where it is lower."""
FULL, FREE = 0.875, 0.85
"""Shares of the VRAM from which it counts as full (14 of 16 GB), and below which it does not any more."""
HOLDS_BACK = frozenset({"heat", "hardware", "power brake"})
"""Reasons for lower clocks that are no daily business; a card at its power limit only works hard."""

CALM = 5
"""Readings in a row without such a reason after which a card counts as held back no more: at its limit the reason
comes and goes with every second."""


def slowed_by(gpu: Gpu) -> list[str]:
    """The reasons of this reading that count."""
    return [reason for reason in gpu.throttle or () if reason in HOLDS_BACK]


class Limits:
    """Cards by index; `take` keeps the sets up to date."""

    def __init__(self) -> None:
        self.hot: set[int] = set()
        self.full: set[int] = set()
        self.held: set[int] = set()
        self._seen: set[int] = set()
        self._calm: dict[int, int] = {}

    def take(self, gpus: Sequence[Gpu]) -> list[str]:
        """What has begun with this reading, in words; of a card's first reading nothing: it has been so before.

        A card that is lost keeps its signs until it is read again.
        """
        begun = [(gpu.index in self._seen, list(self._crossed(gpu))) for gpu in gpus]
        self._seen.update(gpu.index for gpu in gpus)
        return [words for was_seen, told in begun if was_seen for words in told]

    def worst(self, gpus: Sequence[Gpu]) -> Gpu:
        """The one with the most signs, the first of several."""
        return max(gpus, key=lambda gpu: sum(gpu.index in signs for signs in (self.hot, self.full, self.held)))

    def _crossed(self, gpu: Gpu) -> Iterator[str]:
        if self._is_new(self.hot, gpu, self._is_hot(gpu)):
            yield f"GPU {gpu.index} is hot: {gpu.temperature} °C."
        if self._is_new(self.full, gpu, self._is_full(gpu)):
            yield f"The memory of GPU {gpu.index} is nearly full. A model that needs more runs slowly, or not at all."
        if self._is_new(self.held, gpu, self._is_held(gpu)):
            yield f"GPU {gpu.index} is slowed down by {', '.join(slowed_by(gpu))}."

    def _is_hot(self, gpu: Gpu) -> bool:
        limit = min(HOT_C, gpu.temperature_limit or HOT_C)
        if gpu.index in self.hot:
            limit -= HOT_C - COOL_C
        return gpu.temperature is not None and gpu.temperature >= limit

    def _is_full(self, gpu: Gpu) -> bool:
        if gpu.memory_used is None or not gpu.memory_total:
            return False
        return gpu.memory_used / gpu.memory_total >= (FREE if gpu.index in self.full else FULL)

    def _is_held(self, gpu: Gpu) -> bool:
        if slowed_by(gpu):
            self._calm[gpu.index] = 0
            return True
        self._calm[gpu.index] = self._calm.get(gpu.index, 0) + 1
        return gpu.index in self.held and self._calm[gpu.index] < CALM

    def _is_new(self, cards: set[int], gpu: Gpu, now: bool) -> bool:
        before = gpu.index in cards
        (cards.add if now else cards.discard)(gpu.index)
        return now and not before
