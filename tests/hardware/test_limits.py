"""When a card carries a sign, and when that is told."""

from typing import Any

import pytest

from docmind.agents.hardware.gpu import Gpu
from docmind.agents.hardware.limits import CALM, Limits, slowed_by


def seen(*indexes: int) -> Limits:
    """Limits that know these cards, by default card 0."""
    limits = Limits()
    assert limits.take([Gpu(index=index, name="Card") for index in indexes or (0,)]) == []
    return limits


def crossings(*changes: dict[str, Any]) -> list[int]:
    """How many things are told with each reading."""
    limits = seen()
    return [len(limits.take([Gpu(index=0, name="Card", **change)])) for change in changes]


@pytest.mark.parametrize(
    ("temperatures", "told"), [([84, 85, 90, 81, 85], [0, 1, 0, 0, 0]), ([85, 80, 79, 85], [1, 0, 0, 1])]
)
def test_a_card_is_hot_once_until_it_has_cooled(temperatures: list[int], told: list[int]) -> None:
    assert crossings(*({"temperature": degrees} for degrees in temperatures)) == told


@pytest.mark.parametrize(("limit", "told"), [(None, [0, 1]), (78, [1, 0]), (100, [0, 1])])
def test_the_limit_of_the_card_counts_where_it_is_lower(limit: int | None, told: list[int]) -> None:
    assert crossings(*({"temperature": degrees, "temperature_limit": limit} for degrees in (78, 85))) == told


@pytest.mark.parametrize(("used", "told"), [([13, 14, 15, 13.7, 14], [0, 1, 0, 0, 0]), ([14, 13.5, 14], [1, 0, 1])])
def test_the_memory_is_full_once_until_there_is_room(used: list[float], told: list[int]) -> None:
    assert crossings(*({"memory_used": int(gb * 1e9), "memory_total": 16_000_000_000} for gb in used)) == told


def slowed_down(*reasons: tuple[str, ...] | None) -> list[int]:
    return crossings(*({"throttle": reason} for reason in reasons))


def test_a_card_at_its_power_limit_only_works_hard() -> None:
    assert slowed_down(("power limit",), ("power limit", "heat")) == [0, 1]


def test_a_card_at_its_power_limit_is_not_said_to_be_slowed_down_by_that() -> None:
    limits = seen()
    slow = Gpu(index=0, name="Card", throttle=("power limit", "heat"))
    assert limits.take([slow]) == ["GPU 0 is slowed down by heat."]
    calmer = Gpu(index=0, name="Card", throttle=("power limit",))
    assert limits.take([calmer]) == []
    assert (limits.held, slowed_by(calmer)) == ({0}, [])


def test_reasons_that_come_and_go_are_told_once_until_the_card_is_calm() -> None:
    assert slowed_down(*[("heat",), None, (), ("hardware",)] * 4) == [1] + [0] * 15
    assert slowed_down(("heat",), *[("power limit",)] * CALM, ("heat",)) == [1] + [0] * CALM + [1]


def test_the_words_name_the_card_and_the_reason() -> None:
    limits = seen(3)
    hot = Gpu(index=3, name="Card", temperature=91, memory_used=99, memory_total=100, throttle=("heat", "power limit"))
    assert limits.take([hot]) == [
        "GPU 3 is hot: 91 °C.",
        "The memory of GPU 3 is nearly full. A model that needs more runs slowly, or not at all.",
        "GPU 3 is slowed down by heat.",
    ]
    assert (limits.hot, limits.full, limits.held) == ({3}, {3}, {3})


def test_what_a_card_is_from_the_beginning_is_not_told() -> None:
    limits = Limits()
    assert limits.take([Gpu(index=0, name="Card", temperature=91)]) == []
    assert limits.hot == {0}


def test_a_lost_card_keeps_its_sign_until_it_is_read_again() -> None:
    limits = Limits()
    limits.take([Gpu(index=0, name="Card", temperature=91)])
    assert limits.take([]) == []
    assert limits.hot == {0}
    limits.take([Gpu(index=0, name="Card", temperature=40)])
    assert limits.hot == set()
