"""What one client does to a chat in the list, others hear."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.client import Client
from docmind.agents.protocol import Ask, Changed, ChatInfo, Listed
from engine_clients import entered, opened, result, wait_for

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # LlamaIndex's own, in each run
QUESTION = "Which colour has the pump?"


async def heard(client: Client) -> ChatInfo:
    """What the list says now of the chat that was entered."""
    while not (chat := (await wait_for(client, Listed)).chat):
        pass
    return chat


@asynccontextmanager
async def clients(data_dir: Path, folder: Path, count: int) -> AsyncIterator[list[Client]]:
    async with AsyncExitStack() as leaving:
        made = [await opened(data_dir, folder) for _ in range(count)]
        for client in made:
            leaving.push_async_callback(client.aclose)
        yield made


async def asked(client: Client, run: str) -> None:
    client.send(Ask(run=run, question=QUESTION))
    await result(client, run)


async def test_a_title_that_another_client_gave_reaches_all_who_look_and_who_come_later(
    data_dir: Path, folder: Path
) -> None:
    async with clients(data_dir, folder, 3) as (first, second, third):
        chat = (await entered(first)).chat.id
        await asked(first, "r")
        await entered(second, chat)
        with ChatStore(chats_file(data_dir), "rw") as store:
            store.rename(chat, "Mine")
            store.pin(chat)
        second.send(Changed(chats=[chat, "no such chat"]))
        for client in (first, second):
            told = await heard(client)
            assert (told.title, told.titled_by, told.pinned, told.turns) == ("Mine", "user", True, 1)
        assert (await entered(third, chat)).chat.title == "Mine"


async def test_a_chat_that_is_begun_elsewhere_is_told_to_who_looks_at_another_one(data_dir: Path, folder: Path) -> None:
    async with clients(data_dir, folder, 2) as (first, second):
        await entered(first)
        chat = (await entered(second)).chat.id
        await asked(second, "r")
        async with asyncio.timeout(60):
            while not any(info.id == chat and info.state == "done" for info in kept(data_dir)):
                assert await wait_for(first, Listed) == Listed()


async def test_a_question_brings_a_chat_back_that_another_client_has_deleted(data_dir: Path, folder: Path) -> None:
    async with clients(data_dir, folder, 1) as (client,):
        chat = (await entered(client)).chat.id
        await asked(client, "r")
        with ChatStore(chats_file(data_dir), "rw") as store:
            store.delete(chat, 1.0)
        client.send(Changed(chats=[chat]))
        assert (await heard(client)).deleted_at == 1.0
        client.send(Ask(run="r2", question=QUESTION))
        assert (await heard(client)).deleted_at is None
        await result(client, "r2")
        assert (await entered(client, chat)).chat.deleted_at is None


def kept(data_dir: Path) -> list[ChatInfo]:
    with ChatStore(chats_file(data_dir)) as store:
        return store.chats()
