"""What a client is told of one question when backends die in it: the real agent over real servers, in this process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.errors import Code
from docmind.agents.library.index import Library
from docmind.agents.protocol import Meter, State, Thought
from docmind.agents.settings import AgentSettings
from fakes import FakeServer, Fault, Reply
from fakes.asking import ask
from fakes.routed import candidates
from fakes.shelf import Shelf

SEARCH = 'Thought: I look for the pump.\nAction: search_documents\nAction Input: {"query": "pump"}'
ANSWER = "The pump is blue [1]. It was built in 1998 and moved to the roof [1]."
REPLY = f"Thought: I can answer now.\nAnswer: {ANSWER}"
QUESTION = "Which colour has the pump?"
Messages = list[dict[str, Any]]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # LlamaIndex's own, in each run


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    shelf = Shelf(tmp_path)
    shelf.write("pump.md", "The pump is blue.\nIt was built in 1998 and moved to the roof.\n")
    shelf.sync()
    yield shelf.library
    shelf.close()


def looked_up(messages: Messages) -> bool:
    return any(str(message["content"]).startswith("Observation:") for message in messages)


class Dying(FakeServer):
    """Does well until its last reply, which breaks off after so many tokens."""

    def __init__(self, after: int, reply: str | Reply = REPLY, first: str = SEARCH, gap: float = 0.0) -> None:
        super().__init__(self._script, gap=gap)
        self._last, self._first, self._after = reply, first, after

    def _script(self, messages: Messages) -> str | Reply:
        return self._last if looked_up(messages) else self._first

    def strike(self) -> Fault | None:
        fault = Fault("fin", after=self._after)
        return fault if looked_up(self.chats[-1].body["messages"]) else None


def goes_on(messages: Messages) -> str:
    said = str(messages[-1]["content"]).partition("\n")[2].partition("\n\n")[0]
    return ANSWER[ANSWER.index(said) + len(said) :].lstrip() if said and said in ANSWER else REPLY


async def test_wherever_the_answer_breaks_off_the_client_shows_it_whole(library: Library) -> None:
    for after in range(1, len(REPLY.split())):
        async with Dying(after) as first, FakeServer(goes_on) as second, candidates(first, second) as chain:
            told = await ask(library, chain, QUESTION)
        assert told.answered, told.error
        assert told.answered.answer == told.shown.strip() == ANSWER, after
        assert [call.tool for call in told.tools] == ["search_documents"]
        assert told.answered.profile == "second"
        assert told.answered.citations[0].verified


async def test_wherever_a_step_breaks_off_its_tool_is_called_once_and_no_word_of_it_stays(library: Library) -> None:
    again = 'Thought: I look for the roof.\nAction: search_documents\nAction Input: {"query": "roof"}'
    for after in range(1, len(again.split())):

        def then(messages: Messages) -> str:
            seen = sum(str(message["content"]).startswith("Observation:") for message in messages)
            return again if seen == 1 else REPLY

        async with Dying(after, again) as first, FakeServer(then) as second, candidates(first, second) as chain:
            told = await ask(library, chain, QUESTION)
        assert told.answered, told.error
        assert [call.input for call in told.tools] == [{"query": "pump"}, {"query": "roof"}]
        assert told.answered.answer == told.shown.strip() == ANSWER
        assert told.thought.strip() == "I can answer now."


async def test_a_word_that_broke_off_is_all_that_is_taken_back(library: Library) -> None:
    async with Dying(14, gap=0.01) as first, FakeServer(goes_on) as second, candidates(first, second) as chain:
        told = await ask(library, chain, QUESTION)
    names = [type(event).__name__ for event in told.events]
    retracted = next(event for event in told.events if type(event).__name__ == "Retracted")
    assert names.count("Retracted") == 1
    assert retracted.last is not None  # type: ignore[union-attr]
    assert retracted.last == len(" built")  # type: ignore[union-attr]
    assert names[names.index("Retracted") + 1] == "Switched"
    assert told.switches[0].continues
    assert told.answered
    assert told.answered.timings.first_token_ms < told.answered.timings.total_ms
    assert [attempt.profile for attempt in told.answered.attempts] == ["first", "first", "second"]


async def test_thinking_of_a_step_that_broke_off_is_taken_back_too(library: Library) -> None:
    thinking = Reply(REPLY, thinking="Hm, which one was it?")
    async with Dying(4, thinking) as first, FakeServer(goes_on) as second, candidates(first, second) as chain:
        told = await ask(library, chain, QUESTION)
    assert told.thought.strip() == "I can answer now."
    assert any(isinstance(event, Thought) and "Hm," in event.text for event in told.events)


async def test_another_answer_takes_the_place_of_what_was_shown(library: Library) -> None:
    other = "Thought: I know.\nAnswer: It says that the pump is blue [1]."
    async with Dying(14) as first, FakeServer([other]) as second, candidates(first, second) as chain:
        told = await ask(library, chain, QUESTION)
    assert told.answered
    assert told.answered.answer == told.shown.strip() == "It says that the pump is blue [1]."


async def test_what_was_said_before_comes_back_when_another_answer_in_its_place_is_no_use(library: Library) -> None:
    other = "Thought: I know.\nAnswer: It says that the pump"
    async with (
        Dying(14) as first,
        FakeServer([other], fault=Fault("repeat", after=6)) as second,
        FakeServer(goes_on) as third,
        candidates(first, second, third) as chain,
    ):
        told = await ask(library, chain, QUESTION)
    assert told.answered, told.error
    assert [attempt.profile for attempt in told.answered.attempts] == ["first", "first", "second", "third"]
    assert told.answered.answer == told.shown.strip() == ANSWER
    assert told.thought.strip() == "I can answer now."


async def test_prose_of_a_backend_that_then_goes_on_is_taken_back(library: Library) -> None:
    def chats(messages: Messages) -> str:
        return f"Sure, here is the rest.\nAnswer: {goes_on(messages)}"

    async with Dying(14) as first, FakeServer(chats, flavour="plain") as second, candidates(first, second) as chain:
        told = await ask(library, chain, QUESTION)
    assert told.answered
    assert told.answered.answer == told.shown.strip() == ANSWER


async def test_a_search_in_place_of_the_rest_is_made_and_the_answer_begun_anew(library: Library) -> None:
    def searches(messages: Messages) -> str:
        seen = sum(str(message["content"]).startswith("Observation:") for message in messages)
        return SEARCH.replace("pump", "roof") if seen == 1 else REPLY

    async with Dying(14) as first, FakeServer(searches) as second, candidates(first, second) as chain:
        told = await ask(library, chain, QUESTION)
    assert told.answered
    assert [call.input["query"] for call in told.tools] == ["pump", "roof"]
    assert told.answered.answer == told.shown.strip() == ANSWER


async def test_a_model_that_never_ends_is_relieved_and_the_record_has_each_call(library: Library) -> None:
    async with FakeServer(lambda _: SEARCH) as endless, candidates(endless) as chain:
        told = await ask(library, chain, "Is the pump blue?", AgentSettings(max_steps=2))
    assert told.answered
    assert told.answered.profile == "quotes"
    assert "“The pump is blue.” [1]" in told.answered.answer
    assert told.switches[0].code == Code.NO_ANSWER
    assert [(call.profile, call.outcome) for call in told.calls] == [("first", "ok")] * 2 + [("quotes", "ok")] * 1
    assert next(event.state for event in told.events if isinstance(event, State)) == "thinking"
    assert any(isinstance(event, Meter) for event in told.events)


async def test_without_quotes_a_model_that_never_ends_is_the_failure(library: Library) -> None:
    async with FakeServer(lambda _: SEARCH) as endless, candidates(endless) as chain:
        told = await ask(library, chain[:1], QUESTION, AgentSettings(max_steps=2))
    assert told.error
    assert told.error.code == Code.NO_ANSWER


async def test_while_a_model_that_cannot_stream_is_asked_the_client_is_told_that_it_waits(library: Library) -> None:
    async with FakeServer([SEARCH, REPLY], fault=Fault("nostream")) as server, candidates(server) as chain:
        told = await ask(library, chain, QUESTION)
    states = [event.state for event in told.events if isinstance(event, State)]
    assert states == ["thinking", "searching", "thinking", "waiting", "thinking", "writing"]
    assert told.answered
    assert told.answered.timings.tokens_per_s == 0.0, "nobody saw it write"
