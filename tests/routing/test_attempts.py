"""Which backend of a chain is asked, how often, and which one is passed over."""

from contextlib import aclosing

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import State
from docmind.agents.routing.breaker import FAILURES
from docmind.agents.routing.router import Route
from docmind.agents.settings import AgentSettings
from fakes import FakeServer, Fault
from fakes.routed import LOOKED_UP, QUESTION, candidates, step

GOOD = "Thought: I know.\nAnswer: It is 42."


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_again_and_its_answer_is_one_attempt(status: int) -> None:
    async with FakeServer([GOOD], fault=Fault("status", status=status, times=2)) as busy, candidates(busy) as chain:
        done = await step(chain)
    assert (done.text, done.tried) == (GOOD, [("first", "")])
    assert [call.outcome for call in done.calls] == ["failed", "failed", "ok"]
    assert len(busy.chats) == 3
    assert done.switches == []


async def test_a_server_that_stays_busy_is_left_after_three_tries_and_says_so() -> None:
    async with (
        FakeServer(fault=Fault("status", status=503)) as busy,
        FakeServer([GOOD]) as good,
        candidates(busy, good) as chain,
    ):
        done = await step(chain)
    assert (done.text, done.tried) == (GOOD, [("first", Code.NOT_READY), ("second", "")])
    assert "(3 tries)" in done.attempts[0].reason
    assert len(busy.chats) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 500])
async def test_what_fails_for_good_is_asked_once(status: int) -> None:
    async with (
        FakeServer(fault=Fault("status", status=status, message="no such model")) as bad,
        FakeServer([GOOD]) as good,
        candidates(bad, good) as chain,
    ):
        done = await step(chain)
    assert done.text == GOOD
    assert len(bad.chats) == 1


async def test_a_server_is_not_asked_before_the_time_that_it_names() -> None:
    fault = Fault("status", status=429, times=1, headers={"Retry-After": "1"})
    async with FakeServer([GOOD], fault=fault) as busy, candidates(busy) as chain:
        done = await step(chain)
    assert done.tried == [("first", "")]
    assert busy.chats[1].at - busy.chats[0].at >= 1


async def test_a_server_that_wants_a_long_rest_gets_it_and_the_next_one_answers_at_once() -> None:
    fault = Fault("status", status=429, headers={"Retry-After": "60"})
    async with FakeServer(fault=fault) as busy, FakeServer([GOOD]) as good, candidates(busy, good) as chain:
        first, second = await step(chain), await step(chain)
    assert first.tried == second.tried == [("first", Code.RATE_LIMITED), ("second", "")]
    assert len(busy.chats) == 1
    assert 55 < chain[0].breaker.left_s <= 60


async def test_nothing_is_tried_again_after_the_first_token() -> None:
    fault = Fault("error", after=2, times=1)
    async with FakeServer([GOOD], fault=fault) as broken, FakeServer([GOOD]) as good, candidates(broken, good) as chain:
        done = await step(chain)
    assert done.tried[0][0] == "first"
    assert done.attempts[-1].profile == "second"
    assert len(broken.chats) == 1


async def test_an_open_breaker_is_passed_over_with_the_reason() -> None:
    async with (
        FakeServer(fault=Fault("refuse")) as gone,
        FakeServer([GOOD]) as good,
        candidates(gone, good) as chain,
    ):
        await step(chain)
        assert chain[0].breaker.state == "open"
        done = await step(chain)
    (switch,) = done.switches
    assert (switch.old, switch.new, switch.code) == ("first", "second", Code.UNAVAILABLE)
    assert "nothing answers" in switch.reason
    assert "left alone for" in switch.reason
    assert done.tried == [("first", Code.UNAVAILABLE), ("second", "")]
    assert [call.profile for call in done.calls] == ["second"]


async def test_three_failures_in_a_row_open_a_breaker_and_the_trial_after_a_probe_closes_it() -> None:
    fault = Fault("status", status=500, times=FAILURES)
    async with FakeServer([GOOD], fault=fault) as ill, FakeServer([GOOD]) as good, candidates(ill, good) as chain:
        for _ in range(FAILURES + 2):
            assert (await step(chain)).text == GOOD
        assert len(ill.chats) == FAILURES
        chain[0].breaker._until = 0.0  # its time is over
        assert (await step(chain)).attempts[-1].profile == "second", "only a probe leads further"
        chain[0].breaker.probed(True)
        done = await step(chain)
    assert done.tried == [("first", "")]
    assert chain[0].breaker.left_s == 0


async def test_while_one_question_tries_a_half_open_backend_another_one_passes_it_over() -> None:
    async with FakeServer([GOOD]) as back, FakeServer([GOOD]) as good, candidates(back, good) as chain:
        chain[0].breaker.failed(refused := error())
        chain[0].breaker.probed(True)
        assert chain[0].breaker.admit()
        done = await step(chain)
    assert done.attempts[0].reason == f"{refused.message} It is being tried."


def error() -> DocmindError:
    return DocmindError(Code.UNAVAILABLE, "Nothing answers.")


async def test_the_last_of_a_chain_is_asked_whatever_its_breaker_says() -> None:
    async with FakeServer([GOOD]) as only, candidates(only) as chain:
        chain[0].breaker.failed(error())
        done = await step(chain[:1])
    assert done.text == GOOD
    assert chain[0].breaker.left_s == 0


async def test_neither_an_overflow_nor_a_refusal_counts_against_the_endpoint() -> None:
    overflow = Fault("status", status=400, message="context_length_exceeded")
    async with (
        FakeServer([GOOD], fault=overflow) as small,
        FakeServer([GOOD]) as large,
        candidates(small, large) as chain,
    ):
        for _ in range(FAILURES + 1):
            assert (await step(chain)).tried == [("first", Code.CONTEXT_OVERFLOW), ("second", "")]
    assert len(small.chats) == FAILURES + 1


async def test_at_the_deadline_quotes_finishes() -> None:
    async with (
        FakeServer(["word " * 1000], gap=0.01) as slow,
        FakeServer([GOOD]) as good,
        candidates(slow, good) as chain,
    ):
        done = await step(chain, settings=AgentSettings(deadline=0.2))
    assert done.tried == [("first", Code.DEADLINE), ("quotes", "")]
    assert done.text.endswith('Action Input: {"query": "Which pump?"}')


async def test_without_quotes_the_deadline_is_the_result() -> None:
    async with FakeServer(["word " * 1000], gap=0.01) as slow, candidates(slow) as chain:
        done = await step(chain[:1], settings=AgentSettings(deadline=0.2))
    assert done.error
    assert done.error.code == Code.DEADLINE


async def test_no_try_begins_after_the_deadline() -> None:
    fault = Fault("status", status=429, headers={"Retry-After": "3"})
    async with FakeServer(fault=fault) as busy, candidates(busy) as chain:
        done = await step(chain, settings=AgentSettings(deadline=1.0))
    assert len(busy.chats) == 1
    assert done.tried == [("first", Code.RATE_LIMITED), ("quotes", "")]


async def test_a_backend_that_must_load_its_model_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeServer([GOOD]) as server, candidates(server) as chain:
        monkeypatch.setattr(type(chain[0].backend), "cold", True)
        done = await step(chain)
    assert State(run="run", state="loading", detail="first") in done.items


async def test_when_all_fail_the_error_tells_of_each() -> None:
    async with (
        FakeServer(fault=Fault("refuse")) as gone,
        FakeServer(fault=Fault("status", status=500)) as ill,
        candidates(gone, ill) as chain,
    ):
        done = await step(chain[:2])
    assert done.error
    assert done.error.code == Code.ALL_FAILED
    assert "first: nothing answers" in done.error.message
    assert "second" in done.error.message


async def test_a_server_that_refuses_calls_while_it_loads_its_model_is_said_to_load() -> None:
    fault = Fault("status", status=503, message="Loading model", times=1)
    async with FakeServer([GOOD], flavour="llamacpp", loading=True, fault=fault) as server, candidates(server) as chain:
        done = await step(chain)
    assert State(run="run", state="loading", detail="first") in done.items
    assert done.tried == [("first", "")]


async def test_one_that_cannot_even_be_asked_to_go_on_has_failed_a_call() -> None:
    reply = "Thought: I can answer now.\nAnswer: The pump is blue and was built in 1998 [1]."
    dying, gone = FakeServer([reply], fault=Fault("fin", after=11)), FakeServer(fault=Fault("refuse"))
    async with dying as first, gone as second, candidates(first, second) as chain:
        done = await step(chain, LOOKED_UP)
        assert chain[1].breaker.state == "open"
    assert [(call.profile, call.code) for call in done.calls[:2]] == [
        ("first", Code.BROKEN),
        ("second", Code.UNAVAILABLE),
    ]


async def test_an_endpoint_on_trial_is_tried_again_when_its_call_was_left_before_it_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with FakeServer([GOOD]) as server, candidates(server) as chain:
        monkeypatch.setattr(type(chain[0].backend), "cold", True)
        chain[0].breaker.state = "half-open"
        async with aclosing(Route("run", chain, AgentSettings(), []).stream(QUESTION, [])) as items:
            assert isinstance(await anext(items), State)
        assert chain[0].breaker.admit()
