"""When a profile is left for the one before it."""

import msgspec
import pytest

from docmind.agents.errors import Code
from docmind.agents.records import Call
from docmind.agents.routing.rollback import History
from docmind.agents.settings import RollbackSettings
from fakes.clock import Clock

DEFAULT = RollbackSettings()
SLOW = Call(run="1", phase="step", profile="new", at=0.0, total_ms=9999.0, outcome="ok", first_token_ms=9000.0)


@pytest.fixture
def history(clock: Clock) -> History:
    return History(clock)


def note(history: History, times: int = 1, profile: str = "new", code: str = "", first_token_ms: float = 100.0) -> None:
    for _ in range(times):
        history.note(
            Call(
                run="1",
                phase="step",
                profile=profile,
                at=0.0,
                total_ms=1.0,
                outcome="failed" if code else "ok",
                code=code,
                first_token_ms=None if code else first_token_ms,
            )
        )


def test_more_than_one_failure_in_twenty_calls_is_too_much(history: History) -> None:
    note(history, 19)
    note(history, code=Code.SERVER_ERROR)
    assert history.verdict("new", DEFAULT) == ""
    note(history, code=Code.BROKEN)
    assert history.verdict("new", DEFAULT) == "2 of the last 21 calls of new failed."
    assert history.verdict("new", RollbackSettings(errors=0)) == ""


def test_a_first_word_that_waited_for_the_model_to_be_loaded_is_not_slow(history: History) -> None:
    note(history, 5)
    history.note(msgspec.structs.replace(SLOW, loaded=True))
    assert history.verdict("new", DEFAULT) == ""
    history.note(SLOW)
    assert history.verdict("new", DEFAULT) == "new takes 9.0 s to its first word (P95 of 7 calls)."


def test_a_slow_first_word_is_too_much_when_more_than_one_call_in_twenty_has_it(history: History) -> None:
    note(history, 19)
    note(history, first_token_ms=9000.0)
    assert history.verdict("new", DEFAULT) == ""
    note(history, first_token_ms=6000.0)
    assert history.verdict("new", DEFAULT) == "new takes 6.0 s to its first word (P95 of 21 calls)."
    assert history.verdict("new", RollbackSettings(first_token=0)) == ""


def test_what_is_just_within_a_limit_is_not_too_much(history: History, clock: Clock) -> None:
    limit = RollbackSettings(first_token=5.0)
    note(history, 5, first_token_ms=5000.0)
    assert history.verdict("new", limit) == ""
    note(history, 5, first_token_ms=5001.0)
    assert history.verdict("new", limit) == "new takes 5.0 s to its first word (P95 of 10 calls)."
    clock.now += DEFAULT.window
    assert history.verdict("new", limit), "calls of a whole window ago still count"


def test_only_the_last_thousand_calls_count(history: History) -> None:
    note(history, 500, code=Code.SERVER_ERROR)
    note(history, 1000)
    assert history.verdict("new", DEFAULT) == ""


def test_three_timeouts_in_a_row_are_too_much_however_few_calls_there_were(history: History) -> None:
    note(history, 2, code=Code.TIMEOUT)
    assert history.verdict("new", DEFAULT) == ""
    note(history, code=Code.TIMEOUT)
    assert history.verdict("new", DEFAULT) == "new has timed out 3 times in a row."
    assert history.verdict("new", RollbackSettings(timeouts=0)) == ""
    note(history)
    assert history.verdict("new", DEFAULT) == ""


def test_fewer_than_five_calls_say_nothing_and_old_ones_do_not_count(history: History, clock: Clock) -> None:
    note(history, 4, code=Code.SERVER_ERROR)
    assert history.verdict("new", DEFAULT) == ""
    clock.now += DEFAULT.window + 1
    note(history, 4)
    assert history.verdict("new", DEFAULT) == ""
    note(history, code=Code.SERVER_ERROR)
    assert history.verdict("new", DEFAULT) == "1 of the last 5 calls of new failed."


def test_calls_that_only_failed_say_nothing_about_times(history: History) -> None:
    note(history, 5, code=Code.SERVER_ERROR)
    assert history.verdict("new", RollbackSettings(errors=0, first_token=0.1)) == ""


def test_what_is_no_fault_of_the_backend_does_not_count(history: History) -> None:
    note(history, 9, code=Code.CONTEXT_OVERFLOW)
    assert history.verdict("new", DEFAULT) == ""


def test_a_call_that_was_left_says_nothing_for_or_against_a_profile(history: History) -> None:
    note(history, 4)
    note(history, code=Code.SERVER_ERROR)
    for _ in range(50):
        history.note(Call(run="1", phase="step", profile="new", at=0.0, total_ms=1.0, outcome="cancelled"))
    assert history.verdict("new", DEFAULT) == "1 of the last 5 calls of new failed."


def test_the_way_back_leads_to_the_latest_one_that_did_well_and_still_does(history: History) -> None:
    for name in ("first", "second", "third", "new"):
        history.did_well(name)
    note(history, 3, "third", Code.TIMEOUT)
    everything = ["new", "third", "second", "first"]
    assert history.better_than("new", everything, DEFAULT) == "second"
    assert history.better_than("new", ["new", "first"], DEFAULT) == "first"
    assert history.better_than("new", ["new"], DEFAULT) == ""
    history.did_well("first")
    assert history.better_than("new", everything, DEFAULT) == "first"


def test_a_profile_that_was_left_gets_another_chance(history: History) -> None:
    history.did_well("other")
    history.did_well("new")
    note(history, 3, code=Code.TIMEOUT)
    history.forget("unknown")
    history.forget("new")
    assert history.verdict("new", DEFAULT) == ""
    assert history.better_than("old", ["new"], DEFAULT) == "", "it has yet to do well"
    assert history.better_than("old", ["new", "other"], DEFAULT) == "other"
