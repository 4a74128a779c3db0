"""What a call of a backend leaves in the record."""

import asyncio
from contextlib import aclosing

import pytest

from docmind.agents.backends.base import Backend, Delta, open_backend
from docmind.agents.errors import DocmindError
from docmind.agents.records import Call
from docmind.agents.routing.calling import Calling
from docmind.agents.settings import Profile
from fakes import FakeServer, Fault, Reply
from fakes.listening import QUESTION
from fakes.wires import PROMPT_TOKENS


def backend(server: FakeServer) -> Backend:
    return open_backend("fast", Profile(kind="ollama", url=server.ollama_url, model=server.model))


async def heard(calling: Calling, stop: list[str] | None = None) -> str:
    async with aclosing(calling.stream(QUESTION, stop or [])) as items:
        return "".join([item.text async for item in items if isinstance(item, Delta)])


async def test_a_call_that_went_well_is_recorded_with_its_figures() -> None:
    calls: list[Call] = []
    async with FakeServer([Reply("It is 42.", thinking="Let me see.")]) as server:
        calling = Calling("run 1", backend(server), calls.append)
        assert await heard(calling) == "It is 42."
    (call,) = calls
    assert (call.run, call.profile, call.model, call.outcome, call.code) == ("run 1", "fast", server.model, "ok", "")
    assert (call.prompt_tokens, call.completion_tokens, call.estimated) == (PROMPT_TOKENS, 6, False)
    assert call.first_token_ms is not None
    assert 0 < call.first_token_ms <= call.total_ms


async def test_a_call_that_fails_is_recorded_with_its_code_and_what_had_come() -> None:
    calls: list[Call] = []
    async with FakeServer(["one two three four five six seven eight"], fault=Fault("eof", after=6)) as server:
        calling = Calling("run", backend(server), calls.append)
        with pytest.raises(DocmindError):
            await heard(calling)
    (call,) = calls
    assert (call.outcome, call.code, call.estimated) == ("failed", "ERR_5003", True)
    assert call.completion_tokens > 3
    assert calling.begun


async def test_a_call_that_never_began_has_no_time_of_a_first_token() -> None:
    calls: list[Call] = []
    async with FakeServer(fault=Fault("refuse")) as server:
        calling = Calling("run", backend(server), calls.append)
        with pytest.raises(DocmindError):
            await heard(calling)
    assert (calls[0].first_token_ms, calls[0].completion_tokens) == (None, 0)
    assert not calling.begun
    assert calling.streamed_s == 0.0


async def test_a_call_that_is_left_is_recorded_as_cancelled() -> None:
    calls: list[Call] = []
    async with FakeServer(["word " * 1000], gap=0.01) as server:
        task = asyncio.create_task(heard(Calling("run", backend(server), calls.append)))
        await server.until(lambda: server.chats)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [call.outcome for call in calls] == ["cancelled"]


async def test_a_reply_ends_at_a_stop_sequence_also_where_the_server_ignores_it() -> None:
    calls: list[Call] = []
    async with FakeServer(["one\nObservation: made up " + "word " * 100]) as server:
        text = await heard(Calling("run", backend(server), calls.append), ["\nObservation:"])
    assert text == "one\nObservation:"
    assert calls[0].outcome == "ok"  # docmind has left it, but has got all that it wanted
