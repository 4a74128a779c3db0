"""Who is asked after a prompt was too long for a backend."""

import pytest

from docmind.agents.errors import Code, DocmindError
from fakes import FakeServer, Fault
from fakes.routed import candidates, step

GOOD = "Thought: I know.\nAnswer: It is 42."
OVERFLOW = Fault("status", status=400, message="context_length_exceeded")


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
