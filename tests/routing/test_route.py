"""What a route tells of its way: why it left a backend, what each attempt cost, and how it ends when all failed."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest

from docmind.agents.backends.base import Delta
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import State, Switched
from docmind.agents.records import Attempt, Usage
from docmind.agents.routing.breaker import FAILURES
from docmind.agents.routing.candidate import Candidate
from docmind.agents.routing.router import Route
from docmind.agents.routing.takeover import TakenOver
from docmind.agents.settings import AgentSettings
from fakes import FakeServer, Fault
from fakes.routed import LOOKED_UP, QUESTION, TOOLS, Step, candidates, step

GOOD = "Thought: I know.\nAnswer: The pump is blue and was built in 1998 [1]."


async def steps(chain: Sequence[Candidate], times: int, **settings: Any) -> tuple[Route, list[list[object]]]:
    """What one route gave for each of so many steps of a question."""
    route, given = Route("run", chain, AgentSettings(**settings), []), list[list[object]]()
    for _ in range(times):
        async with aclosing(route.stream(QUESTION, ["\nObservation:"], TOOLS)) as items:
            given.append([item async for item in items])
    return route, given


async def test_after_the_most_steps_quotes_finishes_and_no_model_is_asked_any_more() -> None:
    async with FakeServer([GOOD]) as first, FakeServer([GOOD]) as second, candidates(first, second) as chain:
        route, given = await steps(chain, 4, max_steps=2)
    assert (len(first.chats), len(second.chats)) == (2, 0)
    (taken,) = [item for each in given for item in each if isinstance(item, TakenOver)]
    assert taken is given[2][0]
    message = "first came to no answer in 2 steps."
    switched = taken.switched
    assert switched
    assert (switched.run, switched.old, switched.new) == ("run", "first", "quotes")
    assert (switched.code, switched.reason, switched.continues) == (Code.NO_ANSWER, message, False)
    assert "agent.max_steps" in switched.hint
    assert (taken.kept, route.backend.name) == ("", "quotes")
    assert route.attempts[1:] == [
        Attempt(profile="first", ok=False, code=Code.NO_ANSWER, reason=message),
        Attempt(profile="quotes", ok=True, tokens=route.attempts[-1].tokens),
    ]


async def test_the_steps_of_one_backend_are_one_attempt_with_the_tokens_of_all() -> None:
    async with FakeServer([GOOD]) as server, candidates(server) as chain:
        once, _ = await steps(chain, 1)
        twice, _ = await steps(chain, 2)
    (one,), (both,) = once.attempts, twice.attempts
    assert one.tokens == once.usage.completion_tokens > 0
    assert both == Attempt(profile="first", ok=True, tokens=2 * one.tokens)
    assert twice.usage == once.usage + once.usage
    assert twice.streamed_s > 0


async def test_the_time_of_all_calls_is_added_up() -> None:
    async with FakeServer([GOOD, "Yes."], gap=0.01) as server, candidates(server) as chain:
        route, _ = await steps(chain, 1)
        long = route.streamed_s
        async with aclosing(route.stream(LOOKED_UP, [], TOOLS)) as items:
            assert [item async for item in items]
    assert len(server.chats) == 2
    assert route.streamed_s >= long > 0


async def test_a_new_route_has_cost_nothing() -> None:
    async with candidates() as chain:
        route, _ = await steps(chain, 0)
    assert (route.usage, route.streamed_s, route.attempts) == (Usage(), 0.0, [])


async def test_a_switch_tells_which_run_it_belongs_to_and_what_to_do() -> None:
    async with FakeServer(fault=Fault("refuse")) as gone, FakeServer([GOOD]) as good, candidates(gone, good) as chain:
        (switched,) = (await step(chain)).switches
        error = chain[0].breaker.last
    assert error
    why = {"code": error.code, "reason": error.message, "hint": error.hint}
    assert switched == Switched(run="run", old="first", new="second", continues=False, **why)
    assert error.hint


async def test_an_attempt_says_how_many_tries_it_took_unless_it_was_one() -> None:
    twice = Fault("reset")
    async with FakeServer(fault=twice) as broken, FakeServer([GOOD]) as good, candidates(broken, good) as chain:
        done = await step(chain)
    assert len(broken.chats) == 2
    assert done.attempts[0].reason.endswith(" (2 tries)")
    async with FakeServer(fault=Fault("status")) as ill, FakeServer([GOOD]) as good, candidates(ill, good) as chain:
        done = await step(chain)
    assert "tries" not in done.attempts[0].reason


async def test_the_tries_of_each_backend_are_counted_from_one() -> None:
    broken = Fault("reset")
    async with FakeServer(fault=broken) as one, FakeServer(fault=broken) as two, candidates(one, two) as chain:
        done = await step(chain)
    assert (len(one.chats), len(two.chats)) == (2, 2)
    assert [attempt.reason.endswith(" (2 tries)") for attempt in done.attempts] == [True, True, False]


async def test_a_backend_whose_breaker_has_opened_is_not_tried_again() -> None:
    busy = Fault("status", status=503)
    async with FakeServer(fault=busy) as first, FakeServer([GOOD]) as good, candidates(first, good) as chain:
        for _ in range(FAILURES - 1):
            chain[0].breaker.failed(DocmindError(Code.TIMEOUT, "It was silent."))
        done = await step(chain)
    assert len(first.chats) == 1
    assert done.tried == [("first", Code.NOT_READY), ("second", "")]


async def test_an_empty_reply_is_no_answer() -> None:
    async with FakeServer(fault=Fault("empty")) as mute, FakeServer([GOOD]) as good, candidates(mute, good) as chain:
        done = await step(chain)
    assert len(mute.chats) == 2
    assert done.tried == [("first", Code.INVALID_RESPONSE), ("second", "")]
    assert [(call.run, call.outcome) for call in done.calls] == [("run", "failed"), ("run", "failed"), ("run", "ok")]


async def test_an_attempt_that_broke_off_has_the_tokens_that_had_come() -> None:
    fault = Fault("fin", after=11)
    async with FakeServer([GOOD], fault=fault) as dying, FakeServer([GOOD]) as good, candidates(dying, good) as chain:
        done = await step(chain, LOOKED_UP)
    broken, rest = done.attempts
    assert (broken.ok, broken.tokens) == (False, done.calls[0].completion_tokens)
    assert broken.tokens > 0
    assert (rest.ok, rest.tokens) == (True, done.calls[1].completion_tokens)


async def test_prose_that_is_taken_back_takes_no_word_of_the_answer_with_it() -> None:
    prose = "First of all I have to look at the passages once more, and at the rest.\nThought: it is late by now"
    dies = Fault("fin", after=len(prose.split()) - 1)
    async with (
        FakeServer([GOOD], fault=Fault("fin", after=11)) as first,
        FakeServer([prose], fault=dies, flavour="plain") as second,
        FakeServer([GOOD]) as third,
        candidates(first, second, third) as chain,
    ):
        done = await step(chain, LOOKED_UP)
        asked = [server.chats[0].body["messages"] for server in (second, third)]
    assert TakenOver(None, "Thought: I know.\nAnswer: The pump is blue and was") in done.items
    said, again = [[each["content"] for each in messages if each["role"] == "assistant"][-1] for messages in asked]
    assert said == again


async def test_a_backend_that_is_left_alone_costs_no_tokens() -> None:
    async with FakeServer([GOOD]) as resting, FakeServer([GOOD]) as good, candidates(resting, good) as chain:
        failure = DocmindError(Code.UNAVAILABLE, "Nothing answers.", "Start it.")
        chain[0].breaker.failed(failure)
        done = await step(chain)
    left = done.attempts[0]
    assert (left.ok, left.code, left.tokens) == (False, Code.UNAVAILABLE, 0)
    assert left.reason == "Nothing answers. It is left alone for 5 s more."
    assert done.switches[0].hint == failure.hint
    assert not done.switches[0].continues


async def test_when_all_have_failed_the_error_has_every_reason_and_the_last_hint() -> None:
    async with (
        FakeServer(fault=Fault("refuse")) as gone,
        FakeServer(fault=Fault("status", status=401)) as locked,
        candidates(gone, locked) as chain,
    ):
        done = await step(chain[:2])
        last = chain[1].breaker.last
    assert done.error
    assert last
    reasons = " ".join(attempt.reason for attempt in done.attempts)
    assert (done.error.message, done.error.hint) == (f"Every backend failed. {reasons}", last.hint)
    assert last.hint


@pytest.mark.parametrize("kind", ["error", "eof"])
async def test_the_last_model_is_asked_once_more_only_where_its_connection_broke(kind: Any) -> None:
    async with FakeServer([GOOD], fault=Fault(kind, after=11)) as only, candidates(only) as chain:
        done = await step(chain, LOOKED_UP)
    assert len(only.chats) == 1
    assert [profile for profile, _ in done.tried] == ["first", "quotes"]


async def test_what_was_loaded_or_never_needs_it_does_not_load() -> None:
    async with FakeServer([GOOD]) as server, candidates(server) as chain:
        done = await step(chain)
    assert not [item for item in done.items if isinstance(item, State)]
    assert "".join(item.text for item in done.items if isinstance(item, Delta)) == GOOD


@pytest.mark.parametrize(("said", "kept"), [("The pump is bl", "The pump is"), ("The", "")])
async def test_a_former_attempts_answer_goes_on_after_its_last_whole_word_or_is_redone(said: str, kept: str) -> None:
    whole = "Thought: I can answer now.\nAnswer: The pump is blue and was built in 1998 [1]."
    async with FakeServer([whole]) as server, candidates(server) as chain:
        route = Route("run", chain, AgentSettings(), [])
        route.take_up(said)
        async with aclosing(route.stream(LOOKED_UP, [], TOOLS)) as items:
            told = [item async for item in items]
    assert isinstance(told[0], TakenOver)
    assert told[0].kept.endswith(kept)
    assert told[0].switched is None
    assert told[0].kept + "".join(item.text for item in told if isinstance(item, Delta)) == whole


async def test_what_a_former_attempt_has_left_stands_when_the_next_one_breaks_off_too() -> None:
    reply = "Thought: I can answer now.\nAnswer: The pump is blue and was built in 1998 [1]."
    breaking = FakeServer([reply], fault=Fault("fin", after=13), flavour="plain")
    async with breaking as first, FakeServer([reply]) as second, candidates(first, second) as chain:
        route = Route("run", chain, AgentSettings(), [])
        route.take_up("The pump is blue and was")
        async with aclosing(route.stream(LOOKED_UP, [], TOOLS)) as items:
            done = Step([item async for item in items])
    assert done.text == reply
    assert [switched.continues for switched in done.switches] == [True]
