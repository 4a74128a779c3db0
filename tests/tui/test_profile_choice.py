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


def test_those_that_are_down_are_not_next_until_they_are_back(choice: ProfileChoice) -> None:
    assert choice.next_ones == ["quotes"]
    choice.found(profile("big", "loading"))
    assert choice.next_ones == ["fast", "quotes"]


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


def test_a_pinned_profile_has_nobody_behind_it_until_it_is_let_go(choice: ProfileChoice) -> None:
    assert choice.pin()
    assert (choice.chosen, choice.next_ones, choice.rule("fast")) == ("fast", [], "pinned")
    assert not choice.pin()
    assert choice.next_ones == ["quotes"]
    assert choice.pin("quotes")
    choice.switch("fast")
    assert not choice.pinned


def test_a_pinned_profile_that_is_down_stays_the_only_one(choice: ProfileChoice) -> None:
    choice.pin("big")
    assert choice.found(profile("big", "down", reason="Nobody listens.")) is None
    assert (choice.wanted["profile"], choice.wanted["fallback"]) == ("big", False)


def test_there_is_no_way_back_to_a_banned_profile(choice: ProfileChoice) -> None:
    choice.switch("fast")
    choice.found(profile("fast", "ready"))
    choice.switch("big")
    choice.ban("fast")
    assert not choice.roll_back("big", "fast")
    choice.found(profile("big", "down"))
    assert choice.chosen is None


def test_a_banned_profile_is_neither_current_nor_next(choice: ProfileChoice) -> None:
    choice.switch("fast")
    assert choice.ban()
    assert choice.current is not None
    assert (choice.current.name, choice.next_ones, choice.rule("fast")) == ("quotes", [], "banned")
    assert not choice.ban("fast")
    assert choice.rule("fast") == ""


def test_choosing_or_pinning_a_profile_lifts_its_ban_and_banning_a_pinned_one_lets_it_go(choice: ProfileChoice) -> None:
    choice.ban("fast")
    choice.switch("fast")
    assert choice.rule("fast") == ""
    choice.pin("fast")
    choice.ban("fast")
    assert (choice.pinned, choice.rule("fast")) == (False, "banned")


def test_the_last_profile_cannot_be_banned_and_an_unknown_one_neither_way(choice: ProfileChoice) -> None:
    choice.ban("big")
    choice.ban("fast")
    for steer in (choice.ban, choice.pin):
        with pytest.raises(DocmindError):
            steer("quotes" if steer == choice.ban else "nobody")


def test_before_anything_is_known_there_is_nothing_to_pin() -> None:
    with pytest.raises(DocmindError):
        ProfileChoice(None).pin()


def test_a_rollback_goes_back_unless_the_user_has_chosen_otherwise(choice: ProfileChoice) -> None:
    choice.switch("quotes")
    assert choice.roll_back("quotes", "fast")
    assert choice.chosen == "fast"
    assert not choice.roll_back("quotes", "big")
    choice.pin()
    assert not choice.roll_back("fast", "big")
