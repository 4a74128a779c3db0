"""Idle work waits for a pause, gives way to a question, and comes back to what it had begun."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from docmind.agents.chats.idle import IdleWork


class Working:
    """A job that notes when it begins and ends, and waits in between until it may go on."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.may_end, self.changed = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        self.changed.set()
        await self.may_end.wait()
        self.ended += 1
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def busy() -> list[bool]:
    return []


@pytest.fixture
async def idle(busy: list[bool]) -> AsyncIterator[IdleWork]:
    work = IdleWork(lambda: bool(busy), wait_s=0.0)
    yield work
    await work.aclose()


async def test_jobs_run_one_after_the_other(idle: IdleWork) -> None:
    one, two = Working(), Working()
    idle.offer("one", one)
    idle.offer("two", two)
    await one.until(lambda: one.begun == 1)
    assert two.begun == 0
    one.may_end.set()
    await two.until(lambda: two.begun == 1)
    assert one.ended == 1


async def test_a_question_interrupts_and_the_job_begins_again_later(idle: IdleWork) -> None:
    job = Working()
    idle.offer("one", job)
    await job.until(lambda: job.begun == 1)
    idle.interrupt()
    await job.until(lambda: job.begun == 2)
    assert job.ended == 0
    job.may_end.set()
    await job.until(lambda: job.ended == 1)


async def test_nothing_begins_while_somebody_waits_for_an_answer() -> None:
    job, asked = Working(), asyncio.Event()
    looks = 0

    def is_busy() -> bool:
        nonlocal looks
        looks += 1
        if looks == 3:
            asked.set()
        return looks < 5

    waiting = IdleWork(is_busy, wait_s=0.0)
    waiting.offer("one", job)
    async with asyncio.timeout(10):
        await asked.wait()
    assert job.begun == 0
    await job.until(lambda: job.begun == 1)
    await waiting.aclose()


async def test_of_two_jobs_of_one_name_only_the_newer_one_runs(idle: IdleWork) -> None:
    old, new = Working(), Working()
    idle.offer("one", old)
    idle.offer("one", new)
    await new.until(lambda: new.begun == 1)
    assert old.begun == 0


async def test_a_job_that_fails_is_logged_and_the_next_one_runs(
    idle: IdleWork, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    job = Working()
    failing: Callable[[], Awaitable[None]] = fail
    with caplog.at_level(logging.ERROR):
        idle.offer("one", failing)
        idle.offer("two", job)
        await job.until(lambda: job.begun == 1)
    assert "idle work failed: one" in caplog.text


async def test_the_end_takes_what_runs_with_it(idle: IdleWork) -> None:
    job = Working()
    idle.offer("one", job)
    await job.until(lambda: job.begun == 1)
    await idle.aclose()
    assert job.ended == 0
