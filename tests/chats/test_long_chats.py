"""Long chats through the real engine: what goes to a model fits its WINDOW, and is summed up while nothing is asked."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.client import Client, stop
from docmind.agents.memory import RECALL
from docmind.agents.protocol import Answered, Ask, Meter, Recall, Recalled, Summarise
from docmind.agents.record.store import read, record_file
from docmind.agents.records import SUMMARY
from docmind.agents.routing.fit import OVERHEAD
from docmind.agents.settings import EngineSettings, Profile, Settings
from docmind.agents.tokens import estimate
from engine_clients import entered, opened, result, wait_for
from fakes import FakeServer

TASK = "Below stands the older part"
SEARCH = 'Thought: I look.\nAction: search_documents\nAction Input: {"query": "pump"}'
WINDOW = 2048
Message = dict[str, Any]


def is_summary(messages: list[Message]) -> bool:
    return str(messages[0]["content"]).startswith(TASK)


def replying(summary: str = "They spoke of blue pumps.") -> Callable[[list[Message]], str]:
    def reply(messages: list[Message]) -> str:
        if is_summary(messages):
            return summary
        looked = str(messages[-1]["content"]).startswith("Observation:")
        return f"Thought: I can answer.\nAnswer: {'The pump is blue [1]. ' * 8}" if looked else SEARCH

    return reply


def settings(server: FakeServer, quiet_s: float = 0.2) -> Settings:
    profiles = {
        "narrow": Profile(kind="openai", url=server.openai_url, model=server.model, context=WINDOW),
        "wide": Profile(kind="openai", url=server.openai_url, model=server.model, context=8 * WINDOW),
        "tiny": Profile(kind="openai", url=server.openai_url, model=server.model, context=512),
    }
    quiet = EngineSettings(quiet_seconds=quiet_s)
    return Settings(profiles=profiles, profile="narrow", fallback=["narrow"], engine=quiet)


async def ask(client: Client, number: int, profile: str | None = None) -> Meter:
    """The meter of its last call."""
    client.send(Ask(run=f"run{number}", question=f"What of pump {number}?", profile=profile))
    events, end = await result(client, f"run{number}")
    assert isinstance(end, Answered), end
    return [event for event in events if isinstance(event, Meter) and event.profile != "quotes"][-1]


async def recalled(client: Client) -> Recalled:
    client.send(Recall())
    return await wait_for(client, Recalled)


async def kept_summary(client: Client, count: int = 1) -> Recalled:
    """As soon as there is one of so many questions."""
    async with asyncio.timeout(30):
        while (summary := await recalled(client)).count < count:
            pass
    return summary


def asked(server: FakeServer) -> list[list[Message]]:
    """Without requests that were left before they had come whole."""
    return [request.body["messages"] for request in server.chats if "messages" in request.body]


def prompts(server: FakeServer) -> list[list[Message]]:
    return [messages for messages in asked(server) if not is_summary(messages)]


def summed_up(server: FakeServer) -> int:
    return sum(map(is_summary, asked(server)))


async def test_sixty_questions_fit_a_small_window_and_older_ones_are_summed_up(data_dir: Path, folder: Path) -> None:
    with FakeServer(replying()) as server:
        client = await opened(data_dir, folder, settings(server))
        chat = (await entered(client)).chat.id
        meters = [await ask(client, number) for number in range(60)]
        summary = await kept_summary(client, 51)
        after = await ask(client, 60)
        wide = await ask(client, 61, "wide")
        tiny = await ask(client, 62, "tiny")
        await client.aclose()
        sizes = [sum(estimate(str(m["content"])) + OVERHEAD for m in messages) for messages in prompts(server)]
        told = [messages for messages in prompts(server) if "They spoke of blue pumps." in str(messages)]
    await stop(data_dir)
    assert (meters[0].summarised, meters[0].left_out) == (0, 0)
    assert meters[-1].left_out > 0
    assert max(sizes[:-4]) <= WINDOW - WINDOW // 4
    assert summary.text == "They spoke of blue pumps."
    assert (after.left_out, after.summarised > 50) == (0, True)
    assert [told[0][1]["content"], told[0][1]["role"], told[0][2]["role"]] == [RECALL, "user", "assistant"]
    assert wide.summarised < after.summarised
    assert tiny.summarised + tiny.left_out == 62
    with ChatStore(chats_file(data_dir)) as store:
        assert store.summaries(chat)[summary.turn].text == summary.text
        assert [turn.answer.count("The pump is blue") for turn in store.path(chat)] == [8] * 63
    calls = read(record_file(data_dir))
    assert {call.phase for call in calls} == {"step", SUMMARY}


async def test_a_question_ends_the_summary_at_once_and_it_is_made_later(data_dir: Path, folder: Path) -> None:
    reply = replying("word " * 20)

    def slow_to_sum_up(messages: list[Message]) -> str:
        server.gap = 0.5 if is_summary(messages) else 0.0
        return reply(messages)

    with FakeServer(slow_to_sum_up) as server:
        client = await opened(data_dir, folder, settings(server))
        for number in range(8):
            await ask(client, number)
        await server.until(lambda: summed_up(server) == 1)
        gone = len(server.disconnects)
        await ask(client, 8)
        await server.until(lambda: len(server.disconnects) == gone + 1)
        await server.until(lambda: summed_up(server) == 2)
        await client.aclose()
    await stop(data_dir)
    outcomes = [call.outcome for call in read(record_file(data_dir)) if call.phase == SUMMARY]
    assert outcomes[0] == "cancelled"


async def test_words_that_are_no_summary_are_not_used(data_dir: Path, folder: Path) -> None:
    with FakeServer(replying("very " * 3000)) as server:
        client = await opened(data_dir, folder, settings(server))
        for number in range(8):
            await ask(client, number)
        await server.until(lambda: summed_up(server) > 0)
        tried = summed_up(server)
        meter = await ask(client, 8)
        await server.until(lambda: summed_up(server) > tried)
        found = await recalled(client)
        await client.aclose()
    assert found == Recalled()
    assert meter.summarised > 0  # by their first sentences


async def test_the_user_s_own_summary_counts_and_outlives_the_engine(data_dir: Path, folder: Path) -> None:
    with FakeServer(replying()) as server:
        client = await opened(data_dir, folder, settings(server))
        chat = (await entered(client)).chat.id
        for number in range(8):
            await ask(client, number)
        summary = await kept_summary(client)
        client.send(Summarise(turn=summary.turn, text="All pumps are mine.\x1b[2J"))
        await recalled(client)
        await client.aclose()
        await stop(data_dir)
        client = await opened(data_dir, folder, settings(server))
        await entered(client, chat)
        again = await recalled(client)
        await ask(client, 8)
        assert "All pumps are mine." in str(prompts(server)[-1])
        await client.aclose()
    await stop(data_dir)
    assert (again.turn, again.text, again.by) == (summary.turn, "All pumps are mine.", "user")
