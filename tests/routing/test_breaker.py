"""The breaker of an endpoint: when it opens, how long it stays open, and what closes it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docmind.agents.errors import Code, DocmindError
from docmind.agents.routing.breaker import AT_ONCE, FAILURES, FIRST_S, LONGEST_S, NO_OUTAGE, Breaker
from docmind.agents.routing.retry import LONGEST_WAIT_S
from fakes.clock import Clock


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock, lambda: 1.0)


def failure(code: Code, retry_after_s: float | None = None) -> DocmindError:
    error = DocmindError(code, "It failed.")
    error.retry_after_s = retry_after_s
    return error


TIMEOUT, REFUSED = failure(Code.TIMEOUT), failure(Code.UNAVAILABLE)


def opened(breaker: Breaker, clock: Clock) -> Breaker:
    """Open, and its time is over."""
    breaker.failed(failure(Code.UNAUTHORISED))
    clock.now += FIRST_S
    return breaker


def test_it_opens_after_three_failures_in_a_row(breaker: Breaker) -> None:
    for _ in range(FAILURES - 1):
        assert breaker.admit()
        breaker.failed(TIMEOUT)
    assert breaker.state == "closed"
    assert breaker.admit()
    breaker.failed(TIMEOUT)
    assert (breaker.state, breaker.left_s, breaker.last) == ("open", FIRST_S, TIMEOUT)
    assert not breaker.admit()


def test_a_success_in_between_begins_the_count_anew(breaker: Breaker) -> None:
    for _ in range(5):
        breaker.failed(TIMEOUT)
        breaker.failed(TIMEOUT)
        breaker.succeeded()
    assert breaker.state == "closed"


@pytest.mark.parametrize("code", sorted(AT_ONCE))
def test_what_does_not_pass_by_itself_opens_it_at_once(breaker: Breaker, code: Code) -> None:
    breaker.failed(failure(code))
    assert breaker.state == "open"


@pytest.mark.parametrize("code", sorted(NO_OUTAGE))
def test_what_is_no_outage_never_opens_it(breaker: Breaker, code: Code) -> None:
    for _ in range(10):
        breaker.failed(failure(code))
    assert breaker.state == "closed"


def test_a_server_that_wants_to_be_left_alone_for_longer_than_a_retry_waits_is(breaker: Breaker, clock: Clock) -> None:
    breaker.failed(failure(Code.RATE_LIMITED, LONGEST_WAIT_S))
    assert breaker.state == "closed"
    breaker.failed(failure(Code.RATE_LIMITED, 60.0))
    clock.now += 59
    assert (breaker.state, breaker.left_s) == ("open", 1.0)


def test_a_rest_that_a_server_wants_does_not_shorten_its_time(breaker: Breaker) -> None:
    for _ in range(FAILURES):
        breaker.failed(failure(Code.RATE_LIMITED, 0.5))
    assert breaker.left_s == FIRST_S


def test_nobody_can_close_docmind_out_for_ever(breaker: Breaker) -> None:
    breaker.failed(failure(Code.RATE_LIMITED, 1e12))
    assert breaker.left_s == LONGEST_S


def test_a_probe_that_goes_well_lets_one_call_through_and_its_success_closes_it(breaker: Breaker, clock: Clock) -> None:
    opened(breaker, clock)
    assert breaker.due
    assert not breaker.admit(), "only a probe leads further"
    breaker.probed(True)
    assert breaker.state == "half-open"
    assert breaker.admit()
    assert not breaker.admit(), "one call is enough"
    breaker.succeeded()
    assert (breaker.state, breaker.last) == ("closed", None)
    assert breaker.admit()


def test_after_a_success_it_knows_nothing_of_earlier_failures(breaker: Breaker, clock: Clock) -> None:
    opened(breaker, clock).probed(True)
    assert breaker.admit()
    breaker.succeeded()
    for _ in range(FAILURES):
        assert breaker.state == "closed"
        breaker.failed(TIMEOUT)
    assert breaker.left_s == FIRST_S


def test_a_trial_that_is_given_up_leaves_its_place_to_the_next_call(breaker: Breaker, clock: Clock) -> None:
    opened(breaker, clock).probed(True)
    assert breaker.admit()
    breaker.given_up()
    assert breaker.state == "half-open"
    assert breaker.admit()
    breaker.failed(failure(Code.CONTEXT_OVERFLOW))
    assert breaker.admit()


def test_a_probe_or_a_trial_that_fails_opens_it_for_twice_as_long_up_to_five_minutes(
    breaker: Breaker, clock: Clock
) -> None:
    opened(breaker, clock)
    periods = []
    for number in range(10):
        if number % 2:
            breaker.probed(False)
        else:
            breaker.probed(True)
            breaker.admit()
            breaker.failed(TIMEOUT)
        periods.append(breaker.left_s)
        clock.now += breaker.left_s
    assert periods == [10, 20, 40, 80, 160, *[LONGEST_S] * 5]


def test_the_jitter_takes_at_most_half_of_a_later_period(clock: Clock) -> None:
    breaker = Breaker(clock, lambda: 0.0)
    opened(breaker, clock).probed(False)
    assert breaker.left_s == FIRST_S


def test_a_server_that_was_not_there_is_back_as_soon_as_a_probe_reaches_it(breaker: Breaker) -> None:
    breaker.failed(REFUSED)
    breaker.probed(False)
    assert breaker.left_s == FIRST_S, "a probe that came too soon does not count"
    breaker.probed(True)
    assert breaker.state == "half-open"


def test_a_server_that_hangs_is_not_believed_before_its_time(breaker: Breaker) -> None:
    for _ in range(FAILURES):
        breaker.failed(TIMEOUT)
    breaker.probed(True)
    assert breaker.state == "open"


def test_calls_that_fail_while_it_is_open_do_not_lengthen_its_time(breaker: Breaker, clock: Clock) -> None:
    for _ in range(5):
        breaker.failed(REFUSED)
    assert breaker.left_s == FIRST_S
    clock.now += FIRST_S
    breaker.failed(REFUSED)
    assert breaker.left_s == 2 * FIRST_S


def test_probes_of_a_closed_one_do_not_count(breaker: Breaker) -> None:
    for _ in range(10):
        breaker.probed(False)
    assert (breaker.state, breaker.left_s, breaker.due) == ("closed", 0.0, False)


CODES = st.sampled_from([Code.TIMEOUT, Code.UNAVAILABLE, Code.RATE_LIMITED, Code.REFUSAL])
STEPS = st.one_of(CODES, st.booleans(), st.sampled_from(["admit", "succeeded", "given up"]), st.floats(0, 400))


@settings(deadline=None, derandomize=True, max_examples=400)
@given(st.lists(STEPS, max_size=60))
def test_whatever_happens_it_is_never_open_for_ever_and_lets_calls_through_again(steps: list[object]) -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for step in steps:
        match step:
            case Code():
                breaker.failed(failure(step, 30.0 if step == Code.RATE_LIMITED else None))
            case bool():
                breaker.probed(step)
            case "admit":
                assert breaker.admit() in ({"closed": [True], "open": [False]}.get(breaker.state, [True, False]))
            case "succeeded":
                breaker.succeeded()
            case "given up":
                breaker.given_up()
            case float():
                clock.now += step
        assert 0 <= breaker.left_s <= LONGEST_S
        assert (breaker.last is None) == (breaker.state == "closed")
    clock.now += LONGEST_S
    breaker.probed(True)
    breaker.given_up()
    assert breaker.admit()
