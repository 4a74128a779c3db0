"""Choosing the profile for the next question, and the way back from one that is down."""

import pytest

from docmind.agents.errors import DocmindError
from docmind.agents.records import ProfileState
from docmind.tui.profile_choice import ProfileChoice


def profile(name: str, state: str = "checking", **more: str) -> ProfileState:
    return ProfileState(name=name, kind="ollama", state=state, **more)  # type: ignore[arg-type]


@pytest.fixture
def choice() -> ProfileChoice:
    """Three profiles: the first is down."""
    choice = ProfileChoice(None)
    choice.know([profile("big"), profile("fast"), profile("quotes")])
    for name, state in (("big", "down"), ("fast", "ready"), ("quotes", "ready")):
        choice.found(profile(name, state))
    return choice


def test_nothing_is_current_before_the_engine_has_said_what_there_is() -> None:
    assert ProfileChoice(None).current is None
    configured = ProfileChoice("big").current
    assert configured is not None
    assert (configured.name, configured.state) == ("big", "checking")


def test_the_first_one_that_is_not_down_is_current(choice: ProfileChoice) -> None:
    assert choice.current is not None
    assert choice.current.name == "fast"
    assert choice.next_ones == ["big", "quotes"]


def test_a_switch_counts_at_once(choice: ProfileChoice) -> None:
    choice.switch("quotes")
    assert choice.chosen == "quotes"


def test_a_switch_to_one_that_is_down_goes_back_and_says_why(choice: ProfileChoice) -> None:
    choice.switch("quotes")
    choice.found(profile("quotes", "ready"))
    choice.switch("big")
    why = choice.found(profile("big", "down", code="ERR_5001", reason="Nobody listens.", hint="Start it."))
    assert why is not None
    assert why.message == "Nobody listens. quotes stays."
    assert (why.code, why.hint) == ("ERR_5001", "Start it.")
    assert choice.chosen == "quotes"


def test_a_switch_during_a_switch_goes_back_to_the_one_that_was_used(choice: ProfileChoice) -> None:
    choice.switch("big")
    choice.switch("quotes")
    choice.found(profile("big", "down"))
    assert choice.chosen == "quotes"
    choice.found(profile("quotes", "down", reason="No."))
    assert choice.chosen is None


def test_an_unknown_name_is_refused_with_the_known_ones(choice: ProfileChoice) -> None:
    with pytest.raises(DocmindError, match="There is no profile 'bigger'") as raised:
        choice.switch("bigger")
    assert raised.value.hint == "Known profiles: big, fast, quotes."
    assert choice.chosen is None


def test_a_check_of_one_keeps_the_order_and_what_was_known(choice: ProfileChoice) -> None:
    choice.know([profile("fast")])
    assert list(choice.states) == ["big", "fast", "quotes"]
    assert choice.states["fast"].state == "ready"
    assert choice.numbered(2) == "fast"
    assert choice.numbered(9) is None
