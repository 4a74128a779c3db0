"""Endpoints that were left alone are probed before a question, and never hold it up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from docmind.agents.backends.base import open_backend
from docmind.agents.errors import Code, DocmindError
from docmind.agents.routing.breaker import FIRST_S, Breaker
from docmind.agents.routing.candidate import Candidate
from docmind.agents.routing.pool import Pool
from docmind.agents.settings import Profile
from fakes import FakeServer, Fault
from fakes.clock import Clock
from fakes.routed import candidates, step
from fakes.waiting import until

MODELS = b'{"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "x"}]}'
GOOD = "Thought: I know.\nAnswer: It is 42."


def opened(candidate: Candidate, code: Code, waited_s: float = 0.0) -> Candidate:
    """With a breaker that the failure has opened, some time ago."""
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed(failure := DocmindError(code, "It failed."))
    breaker.failed(failure)
    breaker.failed(failure)
    clock.now += waited_s
    return candidate._replace(breaker=breaker)


async def test_a_server_that_is_back_answers_the_question_that_finds_it() -> None:
    pool = Pool()
    async with FakeServer([GOOD]) as back, FakeServer([GOOD]) as good, candidates(back, good) as (first, *others):
        chain = [opened(first, Code.TIMEOUT, FIRST_S), *others]
        await pool.probe(chain)
        await until(lambda: chain[0].breaker.state == "half-open")  # on a busy machine the probe takes longer
        done = await step(chain)
    await pool.aclose()
    assert done.tried == [("first", "")]
    assert chain[0].breaker.state == "closed"


async def test_one_whose_time_is_not_over_is_not_even_probed_while_another_model_can_answer() -> None:
    pool = Pool()
    async with FakeServer([GOOD]) as resting, FakeServer([GOOD]) as good, candidates(resting, good) as (first, *others):
        chain = [opened(first, Code.UNAVAILABLE), *others]
        await pool.probe(chain)
    await pool.aclose()
    assert resting.requests == []
    assert chain[0].breaker.state == "open"


async def test_before_only_quotations_are_left_all_are_probed() -> None:
    pool = Pool()
    async with FakeServer([GOOD]) as back, candidates(back) as (first, quotes):
        chain = [opened(first, Code.UNAVAILABLE), quotes]
        await pool.probe(chain)
        done = await step(chain)
    await pool.aclose()
    assert done.text == GOOD


async def test_a_probe_that_finds_nobody_leaves_it_open_for_longer() -> None:
    pool = Pool()
    async with FakeServer(fault=Fault("refuse")) as gone, candidates(gone) as (first, quotes):
        chain = [opened(first, Code.UNAVAILABLE, FIRST_S), quotes]
        await pool.probe(chain)
    await pool.aclose()
    assert FIRST_S <= chain[0].breaker.left_s <= 2 * FIRST_S


@asynccontextmanager
async def hesitating(release: asyncio.Event, asked: list[str]) -> AsyncIterator[Candidate]:
    """A server that answers no request before `release`, and then says that it is well."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        await release.wait()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(MODELS)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + MODELS)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        backend = open_backend("silent", Profile(kind="openai", url=url, model="m"))
        yield opened(Candidate(backend, Breaker()), Code.TIMEOUT, FIRST_S)
        release.set()
        await backend.aclose()


async def test_a_probe_that_hangs_goes_on_without_the_question_and_is_not_made_twice() -> None:
    pool, release, asked = Pool(), asyncio.Event(), list[str]()
    async with hesitating(release, asked) as silent, FakeServer([GOOD]) as good, candidates(good) as others:
        chain = [silent, *others]
        await pool.probe(chain)
        await pool.probe(chain)
        assert (await step(chain)).tried == [("silent", Code.TIMEOUT), ("first", "")]
        assert len(asked) == 1
        release.set()
        await until(lambda: silent.breaker.state == "half-open")
    await pool.aclose()


async def test_a_probe_has_longer_where_only_quotations_would_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docmind.agents.routing.probes.WITHOUT_OTHERS_S", 60)
    pool, release, asked = Pool(), asyncio.Event(), list[str]()
    async with hesitating(release, asked) as silent, FakeServer([GOOD]) as good, candidates(good) as (other, quotes):
        await pool.probe([silent, other, quotes])
        assert silent.breaker.due, "another model can answer"
        question = asyncio.create_task(pool.probe([silent, quotes]))
        await until(lambda: asked)
        release.set()
        await question
        assert silent.breaker.state == "half-open"
    await pool.aclose()


async def test_an_endpoint_that_fails_again_is_probed_again() -> None:
    pool, release, asked = Pool(), asyncio.Event(), list[str]()
    release.set()
    async with hesitating(release, asked) as silent, candidates() as (quotes,):
        for _ in range(2):
            asked.clear()
            await pool.probe([silent, quotes])
            await until(lambda: silent.breaker.state == "half-open")
            assert asked
            silent.breaker.failed(DocmindError(Code.UNAVAILABLE, "It failed."))
    await pool.aclose()


async def test_a_pool_that_is_closed_ends_its_probes() -> None:
    pool, release = Pool(), asyncio.Event()
    async with hesitating(release, []) as silent, candidates() as (quotes,):
        await pool.probe([silent, quotes])
        await pool.aclose()
        release.set()
    assert silent.breaker.state == "open"
