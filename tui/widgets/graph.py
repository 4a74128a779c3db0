"""Small drawings of block characters."""

from collections import deque
from collections.abc import Iterable

_STEPS = " ▁▂▃▄▅▆▇█"


class History:
    """The last values, each 0 to 1. A value that looks like the one before adds nothing: idle graphs stand still."""

    def __init__(self, size: int) -> None:
        self._steps: deque[int] = deque(maxlen=size)

    def add(self, value: float) -> None:
        """The newest."""
        step = _step(value)
        if not self._steps or step != self._steps[-1]:
            self._steps.append(step)

    def __str__(self) -> str:
        width = self._steps.maxlen or 0
        return "".join(_STEPS[step] for step in self._steps).rjust(width)


def drawn(values: Iterable[float | None]) -> str:
    """All of them, one cell each; a gap for None."""
    return "".join(" " if value is None else _STEPS[_step(value)] for value in values)


def _step(value: float) -> int:
    return round(min(max(value, 0.0), 1.0) * (len(_STEPS) - 2)) + 1


def bar(value: float, width: int) -> str:
    """`██████░░` for a value from 0 to 1."""
    full = round(min(max(value, 0.0), 1.0) * width)
    return "█" * full + "░" * (width - full)


def join_limited(names: Iterable[str], width: int) -> str:
    """Names with commas, as many as fit."""
    told = ""
    for name in names:
        longer = f"{told}, {name}" if told else name
        if len(longer) > width - 2 and told:
            return f"{told}, …"
        told = longer
    return told
