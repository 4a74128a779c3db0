"""The agent's LLM is a LlamaIndex LLM, as far as the agent needs one."""

from collections.abc import Sequence

import pytest
from llama_index.core.llms import ChatMessage, ChatResponse

from docmind.agents.backends.base import Delta
from docmind.agents.protocol import Meter, Prompted
from docmind.agents.react import STOP
from docmind.agents.routing.candidate import Candidate
from docmind.agents.routing.llm import RoutedLLM
from docmind.agents.routing.router import Route
from docmind.agents.routing.takeover import TakenOver
from docmind.agents.settings import AgentSettings
from fakes import FakeServer, Fault, Reply
from fakes.routed import LOOKED_UP, QUESTION, TOOLS, candidates

ANSWER = "Thought: I know.\nAnswer: The pump is blue [1]."


async def responses(chain: list[Candidate], messages: Sequence[ChatMessage] = QUESTION) -> list[ChatResponse]:
    llm = RoutedLLM(Route("run", chain, AgentSettings(), []), TOOLS)
    return [response async for response in await llm.astream_chat(messages)]


def raws(given: Sequence[ChatResponse]) -> list[object]:
    told = (response.raw for response in given)
    return [raw for raw in told if raw is not None and not isinstance(raw, Meter | Prompted)]


async def test_it_is_a_chat_model_that_only_streams() -> None:
    async with candidates() as chain:
        llm = RoutedLLM(Route("run", chain, AgentSettings(), []), TOOLS)
    assert llm.metadata.is_chat_model
    with pytest.raises(NotImplementedError):
        llm.complete("What?")


async def test_each_response_has_its_own_piece_and_the_last_one_the_whole_reply() -> None:
    async with FakeServer([ANSWER]) as server, candidates(server) as chain:
        *pieces, last = await responses(chain)
    assert "".join(piece.delta or "" for piece in pieces) == ANSWER
    assert all(piece.message.content == (piece.delta or None) for piece in pieces)
    assert (last.delta, last.message.content, last.raw) == ("", ANSWER, None)
    assert {response.message.role for response in (*pieces, last)} == {"assistant"}
    assert all(piece.raw is None for piece in pieces if piece.delta)


async def test_thinking_travels_beside_the_text() -> None:
    async with FakeServer([Reply(ANSWER, thinking="Let me see.")]) as server, candidates(server) as chain:
        *pieces, last = await responses(chain)
    thinking = [piece for piece in pieces if piece.additional_kwargs]
    assert "".join(piece.additional_kwargs["thinking_delta"] for piece in thinking) == "Let me see."
    assert [piece.delta for piece in thinking] == [""] * len(thinking)
    assert raws(thinking) == []
    assert last.message.content == ANSWER


async def test_notices_come_in_order_with_the_text() -> None:
    async with FakeServer([ANSWER]) as server, candidates(server) as chain:
        first, prompt, *pieces, before, last = await responses(chain)
    assert isinstance(first.raw, Meter)
    assert isinstance(prompt.raw, Prompted)
    assert isinstance(before.raw, Meter)
    assert (first.delta, prompt.delta, before.delta) == ("", "", "")
    assert all(piece.delta for piece in pieces)
    assert last.raw is None


async def test_that_a_server_cannot_stream_is_told_before_its_answer() -> None:
    async with FakeServer([ANSWER], fault=Fault("nostream")) as server, candidates(server) as chain:
        assert raws(await responses(chain)) == [], "nobody knows it yet"
        given = await responses(chain)
    assert raws(given) == [Delta(whole=True)]
    assert given[-1].message.content == ANSWER


async def test_after_a_takeover_the_whole_reply_is_what_was_kept_and_what_followed() -> None:
    async with (
        FakeServer([ANSWER], fault=Fault("eof", after=8)) as broken,
        FakeServer([ANSWER]) as good,
        candidates(broken, good) as chain,
    ):
        *pieces, last = await responses(chain, LOOKED_UP)
    (taken,) = raws(pieces)
    assert isinstance(taken, TakenOver)
    assert taken.kept
    at = next(index for index, piece in enumerate(pieces) if piece.raw is taken)
    assert taken.kept + "".join(piece.delta or "" for piece in pieces[at:]) == ANSWER
    assert last.message.content == ANSWER


async def test_a_server_is_asked_to_stop_before_an_observation() -> None:
    async with FakeServer([ANSWER]) as server, candidates(server) as chain:
        await responses(chain)
        assert server.chats[0].body["stop"] == [STOP]
