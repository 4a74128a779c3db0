"""Who is asked after a prompt was too long for a backend."""

from dataclasses import replace

import pytest
from llama_index.core.llms import ChatMessage

from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import Meter
from docmind.agents.routing.fit import size
from fakes import FakeServer, Fault, Reply
from fakes.routed import LOOKED_UP, QUESTION, candidates, step

GOOD = "Thought: I know.\nAnswer: It is 42."
OVERFLOW = Fault("status", status=400, message="context_length_exceeded")
PASSAGES = ChatMessage(role="user", content="Observation: " + "The pump is blue and hums. " * 350)
LONG = [*LOOKED_UP[:-1], PASSAGES]
"""About 2,700 tokens, as they are estimated."""


@pytest.mark.parametrize(
    ("windows", "answers"),
    [
        ((4096, 8192, 16384), "third"),
        ((4096, 16384, 8192), "second"),
        ((4096, 8192, 8192), "second"),
        ((4096, None, 8192), "third"),
        ((8192, None, 4096), "second"),
        ((8192, 2048, 4096), "second"),
        ((4096, 2048, 4096), "second"),
        ((None, None, None), "second"),
    ],
)
async def test_the_largest_window_that_is_known_to_be_larger_comes_next(
    windows: tuple[int | None, ...], answers: str
) -> None:
    async with (
        FakeServer(fault=OVERFLOW) as first,
        FakeServer([GOOD]) as second,
        FakeServer([GOOD]) as third,
        candidates(first, second, third, windows=windows) as chain,
    ):
        done = await step(chain)
        assert [one.breaker.state for one in chain] == ["closed"] * 4
    assert done.text == GOOD
    assert done.tried == [("first", Code.CONTEXT_OVERFLOW), (answers, "")]


async def test_a_window_that_its_server_told_before_is_known() -> None:
    async with (
        FakeServer(fault=OVERFLOW) as first,
        FakeServer([GOOD]) as second,
        FakeServer([GOOD]) as third,
        candidates(first, second, third, windows=(1024,)) as chain,
    ):
        assert [one.backend.window for one in chain[:3]] == [1024, 0, 0]
        assert await chain[2].backend.context() == chain[2].backend.window > 1024
        done = await step(chain)
    assert done.attempts[-1].profile == "third"


async def test_the_window_of_the_one_that_failed_counts_also_where_only_its_server_tells_it() -> None:
    async with (
        FakeServer(fault=OVERFLOW) as first,
        FakeServer([GOOD]) as second,
        FakeServer([GOOD]) as third,
        candidates(first, second, third, windows=(None, None, 512)) as chain,
    ):
        done = await step(chain)
    assert done.attempts[-1].profile == "second"


async def test_the_one_that_was_passed_by_is_asked_after_the_largest() -> None:
    async with (
        FakeServer(fault=OVERFLOW) as first,
        FakeServer([GOOD]) as second,
        FakeServer(fault=OVERFLOW) as third,
        candidates(first, second, third, windows=(4096, 8192, 16384)) as chain,
    ):
        done = await step(chain)
    assert [profile for profile, _ in done.tried] == ["first", "third", "second"]


async def test_one_that_is_left_alone_is_not_brought_forward() -> None:
    async with (
        FakeServer(fault=OVERFLOW) as first,
        FakeServer([GOOD]) as second,
        FakeServer([GOOD]) as third,
        candidates(first, second, third, windows=(4096, 8192, 16384)) as chain,
    ):
        chain[2].breaker.failed(DocmindError(Code.UNAVAILABLE, "Nothing answers."))
        done = await step(chain)
    assert [profile for profile, _ in done.tried] == ["first", "second"]


async def test_the_last_model_is_asked_once_more_with_a_shorter_prompt() -> None:
    async with FakeServer([GOOD], fault=replace(OVERFLOW, times=1)) as only, candidates(only, windows=(4096,)) as chain:
        done = await step(chain, LONG)
    assert done.text == GOOD
    assert done.tried == [("first", Code.CONTEXT_OVERFLOW), ("first", "")]
    first, second = (len(str(chat.body["messages"])) for chat in only.chats)
    assert second < first


async def test_a_prompt_that_stays_too_long_leaves_the_last_model() -> None:
    async with FakeServer([GOOD], fault=OVERFLOW) as only, candidates(only, windows=(4096,)) as chain:
        done = await step(chain, LONG)
    assert [profile for profile, _ in done.tried] == ["first", "first", "quotes"]


@pytest.mark.parametrize(("counted", "shorter"), [(6000, True), (1, False), (60_000, False)])
async def test_how_many_tokens_a_model_makes_of_a_prompt_is_learnt_within_reason(counted: int, shorter: bool) -> None:
    async with FakeServer([Reply(GOOD, prompt=counted)]) as server, candidates(server, windows=(4096,)) as chain:
        await step(chain, LONG)
        await step(chain, LONG)
        done = await step(chain)
    first, second, _ = (len(str(chat.body["messages"])) for chat in server.chats)
    assert (second < first) == shorter
    density = chain[0].backend.density
    assert density > 1 if shorter else density == 1
    readings = [item.context_used for item in done.items if isinstance(item, Meter)]
    assert readings[0] == round(size(QUESTION) * density)


async def test_a_short_prompt_teaches_nothing() -> None:
    async with FakeServer([Reply(GOOD, prompt=50)]) as server, candidates(server, windows=(4096,)) as chain:
        await step(chain)
    assert chain[0].backend.density == 1
