"""Only a server's own end marker completes an answer; what breaks after it takes nothing from it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from docmind.agents.backends.base import Backend, open_backend
from docmind.agents.backends.openai import BROKE_OFF
from docmind.agents.errors import Code
from docmind.agents.settings import Profile, Timeouts
from fakes import FakeServer, Fault, Reply
from fakes.listening import listen

ANSWER = "The pump is blue and old."
TOKENS = len(Reply(ANSWER).tokens())
KINDS = pytest.mark.parametrize("kind", ["ollama", "openai"])
FAULTS = pytest.mark.parametrize("fault", ["reset", "fin", "eof", "stall", "error", "garbage"])


@asynccontextmanager
async def talking_to(server: FakeServer, kind: Any) -> AsyncIterator[Backend]:
    url = server.ollama_url if kind == "ollama" else server.openai_url
    timeouts = Timeouts(first_token=2, stall=0.4)
    async with server:
        backend = open_backend("pumps", Profile(kind=kind, url=url, context=4096, timeouts=timeouts))
        try:
            yield backend
        finally:
            await backend.aclose()


@KINDS
@FAULTS
async def test_an_answer_is_whole_when_the_server_breaks_after_its_end_marker(kind: str, fault: Any) -> None:
    async with talking_to(FakeServer([ANSWER], fault=Fault(fault, after=TOKENS + 1)), kind) as backend:
        heard = await listen(backend)

    assert (heard.text, heard.error) == (ANSWER, None)
    assert heard.usage is not None


@KINDS
@pytest.mark.parametrize("fault", ["reset", "fin", "eof", "stall", "error"])
async def test_without_the_end_marker_it_is_not_whole(kind: str, fault: Any) -> None:
    async with talking_to(FakeServer([ANSWER], fault=Fault(fault, after=TOKENS)), kind) as backend:
        heard = await listen(backend)

    assert heard.text == ANSWER
    assert heard.code in (Code.BROKEN, Code.INVALID_RESPONSE, Code.TIMEOUT, Code.SERVER_ERROR)


@pytest.mark.parametrize("reason", BROKE_OFF)
async def test_a_server_that_says_it_gave_up_has_not_ended_its_answer(reason: str) -> None:
    async with talking_to(FakeServer([Reply(ANSWER, finish=reason)]), "openai") as backend:
        heard = await listen(backend)

    assert (heard.text, heard.code) == (ANSWER, Code.INVALID_RESPONSE)


@KINDS
@pytest.mark.parametrize(("reason", "cut"), [("stop", False), ("length", True)])
async def test_an_answer_that_ends_for_want_of_tokens_says_so(kind: str, reason: str, cut: bool) -> None:
    async with talking_to(FakeServer([Reply(ANSWER, finish=reason)]), kind) as backend:
        heard = await listen(backend)

    assert (heard.text, heard.error) == (ANSWER, None)
    assert [delta.cut for delta in heard.deltas if delta.usage] == [cut]


@KINDS
async def test_a_server_that_goes_on_with_nothing_after_its_end_marker_holds_nothing_up(kind: str) -> None:
    async with talking_to(FakeServer([ANSWER], fault=Fault("empties", after=TOKENS + 1)), kind) as backend:
        async with asyncio.timeout(30):  # the limit for the whole call is 300 s
            heard = await listen(backend)

    assert (heard.text, heard.error) == (ANSWER, None)
