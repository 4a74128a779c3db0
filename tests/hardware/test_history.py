"""An hour of values in little memory."""

import pytest

from docmind.agents.hardware.gpu import Gpu, Reading
from docmind.agents.hardware.history import Hour, Ring, shares
from docmind.agents.hardware.watching import Sample


def ring(size: int, *values: float | None) -> Ring:
    made = Ring(size)
    for value in values:
        made.add(value)
    return made


@pytest.mark.parametrize(
    ("values", "columns", "shown"),
    [
        ([], 4, []),
        ([1, 2, 3], 8, [1, 2, 3]),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 8, [3, 4, 5, 6, 7, 8, 9, 10]),
        ([1, 9, 3, 4, 5, 6, 7, 8], 4, [9, 4, 6, 8]),
        ([1, 2, 3], 4, [1, 3]),
        ([5, None, None, None, 1], 4, [5, None, 1]),
    ],
)
def test_a_ring_shows_the_highest_value_of_each_part(
    values: list[float | None], columns: int, shown: list[float | None]
) -> None:
    assert ring(8, *values).last(columns) == shown


def test_a_card_that_is_lost_leaves_a_gap() -> None:
    hour = Hour()
    card = Gpu(index=1, name="Card", load=50, memory_used=3, memory_total=4)
    for reading in ([card], [], [card]):
        hour.take(Sample(Reading(reading), None))
    assert hour.last(1, "load", 1800) == [0.5, None, 0.5]
    assert hour.last(1, "vram", 1800) == [0.75, None, 0.75]
    assert hour.last(1, "power", 1800) == hour.last(0, "load", 1800) == []


def test_values_are_shares_of_what_they_can_be() -> None:
    assert shares(Gpu(index=0, name="Card", temperature=60, power=80, power_limit=320)) == {
        "temperature": 0.5,
        "power": 0.25,
    }
    assert shares(Gpu(index=0, name="Card", power=500)) == {"power": 0.5}
