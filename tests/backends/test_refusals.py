"""Servers that refuse to stream, and models that refuse to answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from docmind.agents.backends.openai import OpenAI
from docmind.agents.errors import Code
from docmind.agents.settings import Profile, Timeouts
from fakes import FakeServer, Fault, Reply
from fakes.listening import listen

ANSWER = "The pump is blue and old."


@asynccontextmanager
async def talking_to(server: FakeServer) -> AsyncIterator[OpenAI]:
    timeouts = Timeouts(first_token=1.0, stall=1.0)
    async with server:
        backend = OpenAI("pumps", Profile(kind="openai", url=server.openai_url, context=4096, timeouts=timeouts))
        try:
            yield backend
        finally:
            await backend.aclose()


async def test_where_streaming_is_refused_one_whole_answer_is_asked_for_and_marked() -> None:
    server = FakeServer([Reply(ANSWER, thinking="Hm.")], fault=Fault("nostream"), gap=1.2)  # longer than first_token
    async with talking_to(server) as backend:
        first, second = await listen(backend), await listen(backend)
    streamed = [chat.body["stream"] for chat in server.chats]

    assert (first.text, first.thinking, first.error) == (ANSWER, "Hm.", None)
    assert all(delta.whole for delta in first.deltas if delta.text)
    assert second.text == ANSWER
    assert streamed == [True, False, False]
    assert first.usage is not None
    assert not first.usage.estimated


async def test_another_complaint_is_not_one_about_streaming() -> None:
    server = FakeServer(fault=Fault("status", status=400, message="temperature must be positive"))
    async with talking_to(server) as backend:
        heard = await listen(backend)

    assert heard.code == Code.SERVER_ERROR
    assert len(server.chats) == 1


async def test_a_content_filter_is_a_refusal_and_keeps_what_came_before() -> None:
    async with talking_to(FakeServer([Reply(ANSWER, finish="content_filter")])) as backend:
        heard = await listen(backend)

    assert (heard.text, heard.code) == (ANSWER, Code.REFUSAL)


async def test_a_refusal_in_the_servers_own_field_is_told() -> None:
    async with talking_to(FakeServer([Reply("", refusal="I cannot help with that.")])) as backend:
        heard = await listen(backend)

    assert heard.code == Code.REFUSAL
    assert "I cannot help with that." in str(heard.error)
