"""Esc: how long until the server sees that nobody listens any more."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import psutil

from docmind.agents.client import Client
from docmind.agents.protocol import CANCELLED, Answered, Ask, Cancel, Failed, Token
from docmind.agents.settings import Profile
from fakes import BEFORE_HEADERS, FakeServer, Fault
from fakes.gguf import write_gguf
from matrix.asking import Desk
from matrix.cases import WIRES, flavour
from matrix.running import profile
from matrix.scripts import QUESTION, SEARCH

from . import Figure, at_most

LONG = "Answer:" + "".join(f" word{number}" for number in range(4000))
LIMIT_S = 0.5


async def figures(desk: Desk, runs: int) -> list[Figure]:
    """A line for each kind of backend."""
    found = []
    for wire in WIRES:
        seconds = [*await _streaming(desk, wire, runs), *await _silent(desk, wire, runs // 10)]
        found.append(at_most(f"Esc -> the server sees the close, {wire}", seconds, LIMIT_S))
    seconds = await _llama_cpp(desk, runs)
    found.append(at_most("Esc -> the connection is closed, llama.cpp child", seconds, LIMIT_S))
    return found


async def _streaming(desk: Desk, wire: str, runs: int) -> list[float]:
    """Stopped after some tokens."""
    async with FakeServer([SEARCH, LONG], gap=0.003, flavour=flavour(wire)) as fake:  # type: ignore[arg-type]
        target = profile(wire, fake, max_tokens=8000)  # type: ignore[arg-type]
        return await _stopped(desk, target, runs, lambda: len(fake.disconnects), lambda: fake.disconnects[-1])


async def _silent(desk: Desk, wire: str, runs: int) -> list[float]:
    """Stopped while the server has not even answered."""
    stall = Fault("stall", BEFORE_HEADERS)
    async with FakeServer([SEARCH], fault=stall, flavour=flavour(wire)) as fake:  # type: ignore[arg-type]
        target = profile(wire, fake)  # type: ignore[arg-type]
        seconds = []
        async with desk.engine() as data_dir, desk.client(data_dir, {"model": target}) as client:
            for number in range(runs):
                client.send(Ask(run=str(number), question=QUESTION))
                await fake.until(lambda seen=number: len(fake.chats) > seen)  # type: ignore[misc]
                seconds.append(
                    await _stop(client, str(number), lambda: len(fake.disconnects), lambda: fake.disconnects[-1])
                )
        return seconds


async def _llama_cpp(desk: Desk, runs: int) -> list[float]:
    """A real llama.cpp child: its side of the connection."""
    model = write_gguf(Path(desk.folder).parent / "long.gguf", [SEARCH, LONG], context=32768)
    target = Profile(kind="llamacpp", path=str(model), threads=1, max_tokens=8000, context=32768)

    children: list[psutil.Process] = []  # to look for it takes longer than what is measured

    def closed() -> int:
        children[:] = children or psutil.Process().children()
        links = children[0].net_connections("tcp")
        return not any(link.status == psutil.CONN_ESTABLISHED and link.raddr for link in links)

    return await _stopped(desk, target, runs, closed, time.monotonic, resets=True)


async def _stopped(
    desk: Desk, target: Profile, runs: int, count: Callable[[], int], at: Callable[[], float], resets: bool = False
) -> list[float]:
    chance, seconds = random.Random(1), []
    async with desk.engine() as data_dir, desk.client(data_dir, {"model": target}) as client:
        for number in range(runs):
            client.send(Ask(run=str(number), question=QUESTION))
            await _tokens(client, str(number), chance.randint(1, 3))
            seconds.append(await _stop(client, str(number), count, at, resets))
    return seconds


async def _tokens(client: Client, run: str, wanted: int) -> None:
    async with asyncio.timeout(30), aclosing(client.events()) as events:
        async for event in events:
            assert not (isinstance(event, Answered | Failed) and event.run == run), event
            wanted -= isinstance(event, Token) and event.run == run
            if not wanted:
                return


async def _stop(
    client: Client, run: str, count: Callable[[], int], at: Callable[[], float], resets: bool = False
) -> float:
    """Seconds until `count` rises; then the run's end is waited for."""
    known, start = 0 if resets else count(), time.monotonic()
    client.send(Cancel(run=run))
    async with asyncio.timeout(10):
        while count() <= known:  # noqa: ASYNC110  (the fact lies in another thread, or another process)
            await asyncio.sleep(0.002)
        seconds = at() - start
        async with aclosing(client.events()) as events:
            async for event in events:
                if isinstance(event, Failed) and event.run == run:
                    assert event.code == CANCELLED, event
                    return seconds
    raise AssertionError("no end")
