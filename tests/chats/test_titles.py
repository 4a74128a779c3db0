"""Titles by the model that answered, asked for when nothing else is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.client import Client
from docmind.agents.endpoint import only_engine
from docmind.agents.engine import Engine
from docmind.agents.protocol import Answered, Ask, Enter
from docmind.agents.settings import ChatSettings, EngineSettings, Settings
from docmind.agents.titling import tidy
from engine_clients import opened, result, using
from fakes import FakeServer
from fakes.server import Message
from fakes.waiting import until

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # LlamaIndex's own, in each run
ANSWER = "Answer: The pump is blue."
QUESTION = "Which colour has the pump?"


@pytest.fixture
async def engine(data_dir: Path) -> AsyncIterator[Engine]:
    """In this process."""
    await asyncio.to_thread(data_dir.mkdir, parents=True, exist_ok=True)
    with only_engine(data_dir) as listener:
        assert listener
        engine = Engine(data_dir)
        serving = asyncio.create_task(engine.serve(listener))
        yield engine
        await until(lambda: not engine._sessions)
        await asyncio.sleep(0)  # the last transport is closed at the loop's next turn
        engine.end()
        await serving


def at_once(settings: Settings, *, titles: bool = True) -> Settings:
    """No need to wait until nothing is asked."""
    return msgspec.structs.replace(
        settings, engine=EngineSettings(quiet_seconds=0), chats=ChatSettings(titles=titles, summaries=False)
    )


def replies(messages: list[Message]) -> str:
    """Of a model that answers and gives titles."""
    wanted = any("Write a title" in str(message["content"]) for message in messages)
    return 'Title: "Colour of the pump"\n\nIt fits.' if wanted else ANSWER


async def answered(client: Client, run: str) -> Answered:
    client.send(Ask(run=run, question=QUESTION))
    _, end = await result(client, run)
    assert isinstance(end, Answered)
    return end


def titled(data_dir: Path) -> tuple[str, str]:
    """Title and by whom."""
    with ChatStore(chats_file(data_dir)) as store:
        return next(((chat.title, chat.titled_by) for chat in store.chats()), ("", ""))


async def settled(engine: Engine) -> None:
    """Nothing is to be given a title any more."""
    await until(lambda: not engine.idle_work.is_needed)


@pytest.mark.usefixtures("engine")
async def test_the_model_that_answered_gives_the_chat_its_title(data_dir: Path, folder: Path) -> None:
    with FakeServer(replies) as server:
        client = await opened(data_dir, folder, at_once(using(server)))
        await answered(client, "r")
        await until(lambda: titled(data_dir) == ("Colour of the pump", "model"))
        await client.aclose()
        prompt = str(server.chats[-1])
    assert QUESTION in prompt
    assert "The pump is blue." in prompt


async def test_a_title_that_the_user_gave_stays(engine: Engine, data_dir: Path, folder: Path) -> None:
    with FakeServer(replies) as server:
        settings = using(server)
        client = await opened(data_dir, folder, at_once(settings, titles=False))
        await answered(client, "r")
        with ChatStore(chats_file(data_dir), "rw") as store:
            (chat,) = store.chats()
            store.rename(chat.id, "Mine")
        await client.aclose()
        client = await opened(data_dir, folder, at_once(settings))
        client.send(Enter(chat=chat.id))
        await answered(client, "r2")
        await settled(engine)
        await client.aclose()
    assert titled(data_dir) == ("Mine", "user")


@pytest.mark.parametrize(
    "change", [lambda s: at_once(Settings(fallback=["quotes"])), lambda s: at_once(using(s), titles=False)]
)
async def test_neither_quotes_nor_who_must_not_is_asked_for_a_title(
    engine: Engine, data_dir: Path, folder: Path, change: Callable[[FakeServer], Settings]
) -> None:
    with FakeServer(replies) as server:
        client = await opened(data_dir, folder, change(server))
        end = await answered(client, "r")
        asked = len(server.chats)
        await settled(engine)
        await client.aclose()
        assert len(server.chats) == asked
        assert end.answer
        await until(lambda: titled(data_dir) == (QUESTION, "question"))


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ('"Colour of the pump."', "Colour of the pump"),
        ("**Title:** The pump\nIt is blue.", "The pump"),
        ("", ""),
        ("The pump of the cooling loop is blue, and it moves 18 litres of water a minute", ""),
        ("\x1b[31mRed\x1b[0m", "Red"),
        ("Answer: Colour of the pump", "Colour of the pump"),
        ("Thought: I can answer without using any more tools.\nAnswer: Colour of the pump.", "Colour of the pump"),
        ("Thought: I can answer. Answer: Colour of the pump", "Colour of the pump"),
        ("Thought: I need to use a tool", ""),
        ("I can answer without using any more tools.", ""),
        ("Action: search_documents", ""),
        ("Here is a title:\n\n1. **Colour** of the `pump`", "Colour of the pump"),
        ("# Title\n## [Pumps](http://x.y) in snake_case", "Title"),
        ("*[Pumps](http://x.y)* in _the_ snake_case…", "Pumps in the snake_case"),
        ("„Farbe der Pumpe“", "Farbe der Pumpe"),
        ("Which pump?", "Which pump?"),
        ("冷却回路のポンプの色。", "冷却回路のポンプの色"),
        ("色" * 81, ""),
    ],
)
def test_what_is_no_title_is_not_taken(said: str, title: str) -> None:
    assert tidy(said) == title
