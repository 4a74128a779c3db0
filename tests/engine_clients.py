"""What tests do with the real engine: open folders, follow a run to its end, find its process."""

import asyncio
import os
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import psutil

from docmind.agents.client import Client, connect
from docmind.agents.protocol import Answered, AnyEvent, Enter, Entered, Event, Failed, Open, Token
from docmind.agents.settings import Profile, Settings
from fakes import FakeServer

E = TypeVar("E", bound=Event)


async def opened(data_dir: Path, folder: Path, settings: Settings | None = None) -> Client:
    client = await connect(data_dir)
    client.send(Open(settings=settings or Settings(fallback=["quotes"]), roots=[os.fsencode(folder)]))
    return client


async def result(client: Client, run: str) -> tuple[list[AnyEvent], Answered | Failed]:
    """The events until the end of a run, and the end."""
    events: list[AnyEvent] = []
    async with asyncio.timeout(60), aclosing(client.events()) as arriving:
        async for event in arriving:
            events.append(event)
            if isinstance(event, Answered | Failed) and event.run == run:
                return events, event
    raise AssertionError("the engine left")


async def wait_for(client: Client, kind: type[E]) -> E:
    """The next event of this kind."""
    async with asyncio.timeout(60):
        while not isinstance(event := await client.receive(), kind):
            pass
    return event


async def entered(client: Client, chat: str = "", *, going_on: bool = False) -> Entered:
    client.send(Enter(chat=chat, going_on=going_on))
    return await wait_for(client, Entered)


def said(events: Iterable[object]) -> str:
    """The text of an answer, from its tokens alone."""
    return "".join(event.text for event in events if isinstance(event, Token))


def engine_pid(data_dir: Path) -> int:
    (found,) = [p for p in psutil.process_iter(["cmdline"]) if str(data_dir.resolve()) in (p.info["cmdline"] or [])]
    return found.pid


def using(server: FakeServer) -> Settings:
    return Settings(profiles={"model": Profile(kind="ollama", url=server.ollama_url, model=server.model)})
