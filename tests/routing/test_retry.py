"""When a call is made again at the same backend."""

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.routing.retry import FIRST_WAIT_S, LONGEST_WAIT_S, wait_s


def failure(code: Code, retry_after_s: float | None = None, empty: bool = False) -> DocmindError:
    error = DocmindError(code, "It failed.")
    error.retry_after_s, error.empty = retry_after_s, empty
    return error


def test_a_server_that_is_busy_is_tried_three_times_with_waits_whose_limit_doubles() -> None:
    busy = failure(Code.RATE_LIMITED)
    assert [wait_s(busy, tries, 1.0) for tries in (1, 2, 3)] == [FIRST_WAIT_S, 2 * FIRST_WAIT_S, None]
    assert wait_s(busy, 1, 0.0) == 0.0


def test_a_connection_that_broke_and_an_empty_reply_are_tried_once_more() -> None:
    for error in (failure(Code.BROKEN), failure(Code.INVALID_RESPONSE, empty=True)):
        assert wait_s(error, 1, 0.5) is not None
        assert wait_s(error, 2, 0.5) is None


@pytest.mark.parametrize(
    "code", [Code.UNAVAILABLE, Code.UNAUTHORISED, Code.MODEL_NOT_FOUND, Code.SERVER_ERROR, Code.TIMEOUT, Code.REFUSAL]
)
def test_what_would_fail_again_is_not_tried_again(code: Code) -> None:
    assert wait_s(failure(code), 1, 0.5) is None


def test_a_server_is_not_asked_before_the_time_that_it_names() -> None:
    assert wait_s(failure(Code.RATE_LIMITED, 2.0), 1, 0.0) == 2.0
    assert wait_s(failure(Code.RATE_LIMITED, LONGEST_WAIT_S), 1, 0.0) == LONGEST_WAIT_S
    assert wait_s(failure(Code.NOT_READY, LONGEST_WAIT_S + 1), 1, 0.0) is None, "nobody waits so long"
