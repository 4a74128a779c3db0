"""Which cards have been too hot for a while."""

from typing import Any

import pytest

from docmind.agents.hardware.gpu import Gpu
from docmind.agents.hardware.heat import LONG_S, STALE_S, Heat
from fakes.clock import Clock


class Card:
    """One that is read every two seconds."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.heat = Heat(self.clock)

    def reads(self, seconds: float, **values: Any) -> list[str]:
        """What is told meanwhile."""
        told = []
        for _ in range(round(seconds / 2)):
            told += self.heat.take([Gpu(index=0, name="Card", **values)])
            self.clock.now += 2
        return told


@pytest.fixture
def card() -> Card:
    return Card()


def test_a_card_is_too_hot_after_a_while_over_its_limit_and_told_once(card: Card) -> None:
    assert card.reads(LONG_S, temperature=88) == []
    assert card.heat.words == ""
    assert card.reads(LONG_S, temperature=88) == ["GPU 0 is at 88 °C"]
    assert card.heat.words == "GPU 0 is at 88 °C"


def test_a_card_that_was_cool_in_between_begins_anew(card: Card) -> None:
    card.reads(LONG_S - 4, temperature=88)
    card.reads(2, temperature=70)
    assert card.reads(LONG_S, temperature=88) == []
    assert card.heat.words == ""


def test_it_is_cool_again_below_the_limit_with_room(card: Card) -> None:
    card.reads(LONG_S + 4, temperature=88)
    card.reads(2, temperature=82)
    assert card.heat.words == "GPU 0 is at 82 °C"
    card.reads(2, temperature=79)
    assert card.heat.words == ""


def test_one_that_slows_itself_down_for_heat_is_too_hot_at_once(card: Card) -> None:
    assert card.reads(2, throttle=("heat",), temperature=83) == []
    assert card.heat.words == "GPU 0 is at 83 °C and is slowed down by heat"
    card.reads(2, throttle=("heat",))
    assert card.heat.words == "GPU 0 is slowed down by heat"
    card.reads(2, throttle=("power limit",), temperature=83)
    assert card.heat.words == ""


def test_an_old_reading_says_nothing(card: Card) -> None:
    card.reads(2, throttle=("heat",))
    card.clock.now += STALE_S
    assert card.heat.words == ""


def test_before_the_first_reading_nothing_is_known(card: Card) -> None:
    assert card.heat.words == ""


def test_all_cards_that_are_too_hot_are_named(card: Card) -> None:
    card.heat.take([Gpu(index=index, name="Card", throttle=("heat",)) for index in range(2)])
    assert card.heat.words == "GPU 0 is slowed down by heat, GPU 1 is slowed down by heat"
