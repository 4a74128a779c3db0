"""Whether several models fit at the same time, so that none has to be let go when another one answers."""

from collections.abc import Sequence

from ...records import Verdict
from .forecast import Forecast, Wish, forecast, with_loaded
from .memory import Memory
from .shape import Shape

_WORST: tuple[Verdict, ...] = ("no", "partly", "fits")


def together(models: Sequence[tuple[Shape, Wish]], memory: Memory) -> list[Forecast]:
    """Of each model in what those before it leave: they are loaded in this order."""
    found = []
    for shape, wish in models:
        found.append(forecast(shape, memory, wish))
        memory = with_loaded(shape, memory, wish)
    return found


def worst(found: Sequence[Forecast]) -> Verdict:
    """Of all of them; `fits` of none."""
    return min((each.verdict for each in found), key=_WORST.index, default="fits")
