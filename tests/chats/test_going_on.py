"""An answer that was stopped, or broke off, goes on: no word twice, none missing, no step done again."""

import asyncio
import os
import re
import signal
from pathlib import Path
from typing import Any

from docmind.agents.client import Client, stop
from docmind.agents.errors import Code
from docmind.agents.protocol import (
    Answered,
    Ask,
    Cancel,
    Continue,
    Continued,
    Entered,
    Failed,
    KeptTurn,
    Thought,
    Token,
    ToolCalled,
)
from docmind.agents.settings import Profile, Settings
from docmind.tui.transcript.turn import Turn
from engine_clients import engine_pid, entered, opened, result, wait_for
from fakes import FakeServer

SEARCH = 'Thought: I look for the pump.\nAction: search_documents\nAction Input: {"query": "pump"}'
SENTENCES = [f"The pump {verb} in {year} [1]." for year in range(1950, 2000, 5) for verb in ("was", "is", "stood")]
SAID = " ".join(SENTENCES)
REPLY = f"Thought: I can answer now.\nAnswer: {SAID}"
Messages = list[dict[str, Any]]


def script(messages: Messages) -> str:
    return REPLY if any(str(each["content"]).startswith("Observation:") for each in messages) else SEARCH


def settings(server: FakeServer) -> Settings:
    return Settings(profiles={"model": Profile(kind="ollama", url=server.ollama_url, model=server.model)})


def shown(turn: KeptTurn) -> str:
    """The text as a screen shows it that folds the same events."""
    return Turn.recalled(turn, 0.0).answer


def calls(turn: KeptTurn) -> list[ToolCalled]:
    return [timed.event for timed in turn.events if isinstance(timed.event, ToolCalled)]


async def wait_for_words(client: Client, count: int) -> None:
    said = ""
    while len(said.split()) < count:
        said += (await wait_for(client, Token)).text


async def kill(data_dir: Path, client: Client) -> None:
    os.kill(engine_pid(data_dir), signal.SIGKILL)
    await client.aclose()


async def continued(data_dir: Path, folder: Path, server: FakeServer, chat: str) -> tuple[Answered | Failed, KeptTurn]:
    """What comes of it, and the turn as it is kept after a restart of the engine."""
    client = await opened(data_dir, folder, settings(server))
    await entered(client, chat)
    client.send(Continue(run="r"))
    _, end = await result(client, "r")
    await client.aclose()
    await stop(data_dir)
    client = await opened(data_dir, folder, settings(server))
    (turn,) = (await entered(client, chat)).turns
    await client.aclose()
    return end, turn


async def asking(data_dir: Path, folder: Path, server: FakeServer) -> tuple[Client, Entered]:
    client = await opened(data_dir, folder, settings(server))
    chat = await entered(client)
    client.send(Ask(run="r", question="Which colour has the pump?"))
    return client, chat


async def test_an_answer_goes_on_after_the_engine_was_killed_twice(data_dir: Path, folder: Path) -> None:
    with FakeServer(script, gap=0.01) as server:
        client, chat = await asking(data_dir, folder, server)
        await wait_for_words(client, 25)
        await kill(data_dir, client)
        client = await opened(data_dir, folder, settings(server))
        (broken,) = (await entered(client, chat.chat.id)).turns
        client.send(Continue(run="r"))
        await wait_for(client, Continued)
        await wait_for_words(client, 25)
        await kill(data_dir, client)
        client = await opened(data_dir, folder, settings(server))
        (twice,) = (await entered(client, chat.chat.id)).turns
        await client.aclose()
        end, turn = await continued(data_dir, folder, server, chat.chat.id)
    assert (broken.state, twice.state, turn.state) == ("broken", "broken", "done")
    assert len(broken.answer) < len(twice.answer) < len(SAID)
    assert SAID.startswith(broken.answer)
    assert isinstance(end, Answered)
    assert end.answer == shown(turn) == turn.answer == SAID
    assert [call.tool for call in calls(turn)] == ["search_documents"]
    assert [step.tool for step in end.steps] == ["search_documents"]
    assert [(citation.n, citation.path) for citation in end.citations] == [(1, "pump.md")]


async def test_a_stopped_answer_goes_on_and_the_screen_marks_the_seam(data_dir: Path, folder: Path) -> None:
    with FakeServer(script, gap=0.01) as server:
        client, _ = await asking(data_dir, folder, server)
        await wait_for_words(client, 25)
        client.send(Cancel(run="r"))
        await result(client, "r")
        server.gap = 0.0
        client.send(Continue(run="r"))
        events, end = await result(client, "r")
        await client.aclose()
    assert isinstance(end, Answered)
    assert end.answer == SAID
    assert len([event for event in events if isinstance(event, Token)]) < len(SAID.split())
    assert not [event for event in events if isinstance(event, ToolCalled)]


async def test_an_answer_that_had_not_begun_is_asked_for_after_the_finished_steps(data_dir: Path, folder: Path) -> None:
    with FakeServer(script, gap=0.3) as server:
        client, chat = await asking(data_dir, folder, server)
        while True:
            thought = await wait_for(client, Thought)
            if "can" in thought.text:
                break
        await asyncio.sleep(0)
        await kill(data_dir, client)
        server.gap = 0.0
        asked = len(server.chats)
        end, turn = await continued(data_dir, folder, server, chat.chat.id)
        prompt = server.chats[asked].body["messages"]
    assert isinstance(end, Answered)
    assert end.answer == SAID
    assert len(calls(turn)) == 1
    assert "The pump is blue." in prompt[-1]["content"]
    assert re.match(r"Thought: I look for the pump\.\nAction: search_documents", prompt[-2]["content"])


async def test_quotes_finish_what_a_model_has_begun(data_dir: Path, folder: Path) -> None:
    with FakeServer(script, gap=0.01) as server:
        client, _ = await asking(data_dir, folder, server)
        await wait_for_words(client, 25)
        client.send(Cancel(run="r"))
        await result(client, "r")
        client.send(Continue(run="r", profile="quotes", fallback=False))
        _, end = await result(client, "r")
        await client.aclose()
    assert isinstance(end, Answered)
    assert end.answer.startswith(" ".join(SAID.split()[:20]))
    assert end.profile == "quotes"


async def test_what_is_done_is_left_as_it_is_and_what_does_not_exist_is_told(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    await entered(client)
    client.send(Ask(run="r", question="Which colour has the pump?"))
    await result(client, "r")
    client.send(Continue(run="r"))
    client.send(Continue(run="other"))
    failed = await wait_for(client, Failed)
    await client.aclose()
    assert (failed.run, failed.code) == ("", Code.USAGE)
