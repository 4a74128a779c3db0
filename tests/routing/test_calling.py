"""What a call of a backend leaves in the record, and what its breaker hears."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest
from llama_index.core.llms import ChatMessage

from docmind.agents.backends.base import Delta, open_backend
from docmind.agents.errors import Code, DocmindError
from docmind.agents.prompt import OBSERVATION
from docmind.agents.protocol import Meter, Prompted
from docmind.agents.records import Call
from docmind.agents.routing.breaker import FAILURES, Breaker
from docmind.agents.routing.calling import Calling
from docmind.agents.routing.candidate import Candidate
from docmind.agents.routing.fit import LEFT_OUT, size
from docmind.agents.settings import Profile
from docmind.agents.tokens import estimate
from fakes import FakeServer, Fault, Reply
from fakes.listening import QUESTION
from fakes.wires import PROMPT_TOKENS


class Caller:
    """Calls one server again and again."""

    def __init__(self, candidate: Candidate, seconds: float) -> None:
        self.candidate, self._seconds = candidate, seconds
        self.calls: list[Call] = []
        self.last: Calling

    async def hear(self, stop: tuple[str, ...] = (), messages: Sequence[ChatMessage] = QUESTION) -> str:
        until = asyncio.get_running_loop().time() + self._seconds
        self.last = Calling("run 1", self.candidate, self.calls.append, until)
        async with aclosing(self.last.stream(messages, stop)) as items:
            return "".join([item.text async for item in items if isinstance(item, Delta)])

    @property
    def breaker(self) -> str:
        return self.candidate.breaker.state


@asynccontextmanager
async def caller(server: FakeServer, seconds: float = 60) -> AsyncIterator[Caller]:
    backend = open_backend("fast", Profile(kind="ollama", url=server.ollama_url, model=server.model))
    async with server:
        yield Caller(Candidate(backend, Breaker()), seconds)
        await backend.aclose()


async def test_a_call_that_went_well_is_recorded_with_its_figures() -> None:
    async with caller(FakeServer([Reply("It is 42.", thinking="Let me see.")])) as made:
        assert await made.hear() == "It is 42."
    (call,) = made.calls
    assert (call.run, call.profile, call.model, call.outcome, call.code) == ("run 1", "fast", "tiny:latest", "ok", "")
    assert (call.prompt_tokens, call.completion_tokens, call.estimated) == (PROMPT_TOKENS, 6, False)
    assert call.first_token_ms is not None
    assert 0 < call.first_token_ms <= call.total_ms


async def test_the_record_says_when_a_call_began_and_how_long_it_took() -> None:
    async with caller(FakeServer(["one two three four"], gap=0.01)) as made:
        before = time.time()
        await made.hear()
        after = time.time()
    (call,) = made.calls
    assert call.phase == "step"
    assert before <= call.at <= call.at + call.total_ms / 1000 <= after + 0.001
    assert call.first_token_ms is not None
    assert 0 < made.last.streamed_s <= (call.total_ms - call.first_token_ms) / 1000 + 0.001
    assert (round(call.total_ms, 1), round(call.first_token_ms, 1)) == (call.total_ms, call.first_token_ms)


async def test_the_tokens_of_a_call_that_broke_off_are_estimated_with_its_thinking() -> None:
    reply = Reply("It is 42. And more.", thinking="Let me see.")
    async with caller(FakeServer([reply], fault=Fault("eof", after=6))) as made:
        with pytest.raises(DocmindError):
            await made.hear()
    (call,) = made.calls
    assert (call.prompt_tokens, call.completion_tokens) == (size(QUESTION), estimate("It is 42.Let me see."))
    assert call.estimated


async def test_a_call_begins_and_ends_with_a_reading_of_its_meter() -> None:
    async with caller(FakeServer(["It is 42."], context=4096)) as made:
        call = Calling("run 1", made.candidate, made.calls.append, asyncio.get_running_loop().time() + 60)
        async with aclosing(call.stream(QUESTION, ["\nEnd"])) as items:
            first, prompt, *_, last = [item async for item in items]
    assert isinstance(first, Meter)
    assert isinstance(last, Meter)
    assert (first.run, first.profile, first.context_window) == ("run 1", "fast", call.window)
    assert (first.context_used, first.tokens, first.seconds) == (size(QUESTION), 0, 0.0)
    assert (last.context_used, last.tokens) == (PROMPT_TOKENS + 3, 3)
    assert call.window > 0
    assert isinstance(prompt, Prompted)
    assert (prompt.run, prompt.profile, prompt.model, prompt.phase) == ("run 1", "fast", "tiny:latest", "step")
    assert (prompt.window, prompt.max_tokens, prompt.stop) == (
        call.window,
        Profile(kind="ollama").max_tokens,
        ["\nEnd"],
    )
    assert (prompt.options, prompt.same) == ({}, 0)
    assert [(each.role, each.content) for each in prompt.messages] == [("user", QUESTION[0].content)]


@pytest.mark.parametrize(("max_tokens", "left"), [(200, 800), (5000, 750)])
async def test_a_prompt_leaves_room_for_the_reply_but_no_more_than_a_quarter_of_the_window(
    max_tokens: int, left: int
) -> None:
    found = [ChatMessage(role="user", content=f"{OBSERVATION} {text}") for text in ("The pump is blue. " * 20, "Yes.")]
    async with FakeServer(["It is 42."]) as server:
        profile = Profile(kind="ollama", url=server.ollama_url, model=server.model, context=1000, max_tokens=max_tokens)
        backend = open_backend("fast", profile)
        made = Caller(Candidate(backend, Breaker()), 60)
        for tokens, first in ((left, found[0].content), (left + 1, LEFT_OUT)):
            rules = next(
                rules
                for length in range(6000)
                if size([rules := ChatMessage(role="system", content="x" * length), *QUESTION[-1:], *found]) == tokens
            )
            await made.hear(messages=[rules, *QUESTION[-1:], *found])
            assert server.chats[-1].body["messages"][2]["content"] == first
        await backend.aclose()


async def test_a_call_that_fails_is_recorded_with_its_code_and_what_had_come() -> None:
    async with caller(FakeServer(["one two three four five six seven eight"], fault=Fault("eof", after=6))) as made:
        with pytest.raises(DocmindError):
            await made.hear()
    (call,) = made.calls
    assert (call.outcome, call.code, call.estimated) == ("failed", "ERR_5003", True)
    assert call.completion_tokens > 3
    assert made.last.begun


async def test_a_call_that_never_began_has_no_time_of_a_first_token() -> None:
    async with caller(FakeServer(fault=Fault("refuse"))) as made:
        with pytest.raises(DocmindError):
            await made.hear()
    assert (made.calls[0].first_token_ms, made.calls[0].completion_tokens) == (None, 0)
    assert made.calls[0].model == "tiny:latest"
    assert not made.last.begun
    assert made.last.streamed_s == 0.0


async def test_a_call_that_is_left_is_recorded_as_cancelled() -> None:
    server = FakeServer(["word " * 1000], gap=0.01)
    async with caller(server) as made:
        made.candidate.breaker.failed(DocmindError(Code.UNAVAILABLE, "Nothing answers."))
        made.candidate.breaker.probed(True)
        assert made.candidate.breaker.admit()
        task = asyncio.create_task(made.hear())
        await server.until(lambda: server.chats)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert made.candidate.breaker.admit(), "it was no answer to whether the endpoint is well"
    assert [call.outcome for call in made.calls] == ["cancelled"]


async def test_a_reply_ends_at_a_stop_sequence_also_where_the_server_ignores_it() -> None:
    async with caller(FakeServer(["one\nObservation: made up " + "word " * 100])) as made:
        assert await made.hear(("\nObservation:",)) == "one\nObservation:"
        assert await made.hear(("never", "e up wo", "word")) == "one\nObservation: made up word"
    assert made.calls[0].outcome == "ok"  # docmind has left it, but has got all that it wanted


async def test_a_long_stream_is_metered_while_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docmind.agents.routing.metering.EVERY_S", 0.0)
    async with caller(FakeServer(["one two three four"])) as made:
        call = Calling("run 1", made.candidate, made.calls.append, asyncio.get_running_loop().time() + 60)
        async with aclosing(call.stream(QUESTION, [])) as items:
            meters = [item async for item in items if isinstance(item, Meter)]
    assert len(meters) > 4


async def test_an_answer_that_came_whole_is_recorded_as_one() -> None:
    for fault, whole in ((None, False), (Fault("nostream"), True)):
        async with FakeServer(["one two three"], fault=fault) as server:
            profile = Profile(kind="openai", url=server.openai_url, model=server.model)
            made = Caller(Candidate(open_backend("fast", profile), Breaker()), 60)
            assert await made.hear() == "one two three"
            await made.candidate.backend.aclose()
        assert [call.whole for call in made.calls] == [whole]


async def test_a_call_that_waits_for_its_model_is_recorded_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async with caller(FakeServer(["Yes."])) as made:
        await made.hear()
        monkeypatch.setattr(type(made.candidate.backend), "cold", True)
        await made.hear()
    assert [call.loaded for call in made.calls] == [False, True]


async def test_the_breaker_hears_how_each_call_ended() -> None:
    async with caller(FakeServer(["one two"], fault=Fault("status", status=500, times=FAILURES))) as made:
        for number in range(FAILURES):
            assert (number, made.breaker) == (number, "closed")
            with pytest.raises(DocmindError):
                await made.hear()
        assert made.breaker == "open"
        assert await made.hear() == "one two"
        assert made.breaker == "closed"


async def test_a_model_that_is_not_done_by_the_deadline_is_left_and_its_breaker_untouched() -> None:
    server = FakeServer(["word " * 1000], gap=0.01)
    async with caller(server, seconds=0.2) as made:
        for _ in range(FAILURES):
            with pytest.raises(DocmindError, match=r"^fast was not done in time") as caught:
                await made.hear()
            assert "agent.deadline" in caught.value.hint
        await server.until(lambda: len(server.disconnects) == FAILURES)
    assert [call.code for call in made.calls] == [Code.DEADLINE] * FAILURES
    assert made.breaker == "closed"
