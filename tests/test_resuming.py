"""What is taken up of an answer that broke off, wherever its record ends: the real agent over real servers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.conversation import Conversation
from docmind.agents.library.index import Library
from docmind.agents.protocol import AnyRunEvent, Continued, KeptTurn, TimedEvent, Token, ToolCalled
from docmind.agents.resuming import unfinished
from docmind.agents.routing.router import Route
from docmind.agents.settings import AgentSettings
from docmind.tui.transcript.turn import Turn
from fakes import FakeServer
from fakes.routed import candidates
from fakes.shelf import Shelf

SEARCH = 'Thought: I look for the pump.\nAction: search_documents\nAction Input: {"query": "pump"}'
LIST = 'Thought: Which are there?\nAction: list_documents\nAction Input: {"pattern": ""}'
ANSWER = "The pump is blue [1]. It was built in 1998, and moved to the roof [1].\n\n- A valve [1].\n- Nothing else."
QUESTION = "Which colour has the pump?"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # LlamaIndex's own, in each run


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    shelf = Shelf(tmp_path)
    shelf.write("pump.md", "The pump is blue.\nIt was built in 1998 and moved to the roof. It has a valve.\n")
    shelf.sync()
    yield shelf.library
    shelf.close()


def script(messages: list[dict[str, Any]]) -> str:
    seen = sum(str(message["content"]).startswith("Observation:") for message in messages)
    return (LIST, SEARCH, f"Thought: I can answer now.\nAnswer: {ANSWER}")[min(seen, 2)]


async def events_of(library: Library, server: FakeServer, before: list[AnyRunEvent]) -> list[AnyRunEvent]:
    async with candidates(server) as chain:
        route = Route("run", chain, AgentSettings(), [])
        taken_up = unfinished(TimedEvent(0.0, event) for event in before)
        conversation = Conversation(AgentSettings(), library)
        return [event async for event in conversation.ask("run", QUESTION, route, (), taken_up)]


def shown(events: list[AnyRunEvent]) -> str:
    timed = [TimedEvent(0.0, event) for event in events]
    kept = KeptTurn(run="run", parent=None, question=QUESTION, asked_at=0.0, state="done", events=timed)
    return Turn.recalled(kept, 0.0).answer


@pytest.mark.parametrize(
    ("continues", "when_asked"), [("continues", "restarts"), ("restarts", "continues"), ("restarts", "overlaps")]
)
async def test_wherever_the_record_ends_the_answer_is_whole_and_no_step_is_done_again(
    library: Library, continues: Any, when_asked: Any
) -> None:
    with FakeServer(script, continues=continues, when_asked=when_asked) as server:
        whole = await events_of(library, server, [])
        tools = [event.tool for event in whole if isinstance(event, ToolCalled)]
        for end in range(len(whole) - 1):
            before = whole[:end]
            length = len(shown(before))
            after = await events_of(library, server, before)
            streamed: list[AnyRunEvent] = [*before, Continued(run="run", length=length), *after[:-1]]
            assert shown(streamed).strip() == shown(whole).strip() == ANSWER, end
            returned = [step.called.tool for step in unfinished(TimedEvent(0.0, event) for event in before).steps]
            again = [event.tool for event in after if isinstance(event, ToolCalled)]
            assert returned + again == tools, end


async def test_the_model_is_asked_as_if_nothing_had_happened(library: Library) -> None:
    with FakeServer(script) as server:
        whole = await events_of(library, server, [])
        before = len(server.chats)
        first = next(n for n, event in enumerate(whole) if isinstance(event, Token))
        await events_of(library, server, whole[:first])
        prompts = [each.body["messages"] for each in server.chats]
    assert prompts[before] == prompts[before - 1]
