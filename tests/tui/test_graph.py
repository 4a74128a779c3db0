"""The small drawings of the sidebar."""

import pytest

from docmind.tui.widgets.graph import History, bar, join_limited


def test_a_history_draws_low_to_high_at_the_right_edge() -> None:
    history = History(6)
    for value in (0.0, 0.5, 1.0):
        history.add(value)
    assert str(history) == "   ▁▅█"


def test_a_history_forgets_the_oldest() -> None:
    history = History(2)
    for value in (0.0, 1.0, 0.0, 1.0, 0.5):
        history.add(value)
    assert str(history) == "█▅"


def test_a_history_stands_still_while_nothing_changes() -> None:
    history = History(8)
    history.add(0.55)
    before = str(history)
    for value in (0.55, 0.56, 0.54):
        history.add(value)
    assert str(history) == before


@pytest.mark.parametrize(("value", "drawn"), [(-1.0, "▁"), (7.0, "█")])
def test_what_lies_beyond_is_drawn_at_the_edge(value: float, drawn: str) -> None:
    history = History(1)
    history.add(value)
    assert str(history) == drawn


@pytest.mark.parametrize(("value", "drawn"), [(0, "░░░░"), (0.5, "██░░"), (1, "████"), (9, "████"), (-1, "░░░░")])
def test_a_bar_is_as_full_as_its_value(value: float, drawn: str) -> None:
    assert bar(value, 4) == drawn


def test_names_that_do_not_fit_are_left_out_and_it_is_said() -> None:
    assert join_limited(["alpha", "beta"], 20) == "alpha, beta"
    assert join_limited(["alpha", "beta", "gamma"], 14) == "alpha, beta, …"
    assert join_limited([], 20) == ""
