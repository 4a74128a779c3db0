"""How long it takes from a server's fault to the next server's request, and what a dead one costs a healthy one."""

import time
from contextlib import AsyncExitStack

from docmind.agents.settings import Profile
from fakes import BEFORE_HEADERS, FakeServer, Fault
from fakes.continuing import is_trial
from matrix.asking import Desk, ask
from matrix.cases import WireName, server
from matrix.running import profile
from matrix.scripts import FINAL, tokens

from . import Figure, at_most

NEVER_S = 9.999
PLACES = {"before headers": BEFORE_HEADERS, "before first token": 0, "in mid-answer": tokens(FINAL) // 2}


async def figures(desk: Desk, runs: int) -> list[Figure]:
    """Lines of the table."""
    found = []
    for place, after in PLACES.items():
        seconds = [await _after_reset(desk, after) for _ in range(runs)]
        found.append(at_most(f"reset {place} -> the next request", seconds, 0.3, 95))
    alone, first, behind, hanging, again = [], [], [], [], []
    async with (
        server("openai") as healthy,
        server("openai", Fault("refuse")) as dead,
        server("openai", Fault("stall", BEFORE_HEADERS)) as silent,
    ):
        for _ in range(runs):
            alone.append((await _until_asked(desk, healthy, {}, {}))[0])
            behind.append((await _until_asked(desk, healthy, {}, {"dead": dead}))[0])
            hanging.append((await _until_asked(desk, healthy, {}, {"silent": silent}))[0])
            both = await _until_asked(desk, healthy, {"dead": dead}, {}, questions=2)
            first.append(both[0])
            again.append(both[1])
    floor = sorted(alone)[len(alone) // 2]
    found.append(at_most("refused -> the next request (over a healthy one alone)", _over(first, floor), 0.3, 95))
    found.append(at_most("a dead backend before the healthy one, second question", _over(again, floor), 0.05, 50))
    found.append(at_most("a dead backend behind the healthy one", _over(behind, floor), 0.05, 50))
    found.append(at_most("a silent backend behind the healthy one", _over(hanging, floor), 0.05, 50))
    return found


def _over(seconds: list[float], floor: float) -> list[float]:
    return [max(0.0, value - floor) for value in seconds]


async def _after_reset(desk: Desk, after: int) -> float:
    """Seconds from the reset of the answer's step to the next server's first request."""
    async with AsyncExitStack() as stack:
        struck = await stack.enter_async_context(server("openai", Fault("reset", after, skip=FINAL)))
        healthy = await stack.enter_async_context(server("openai"))
        data_dir = await stack.enter_async_context(desk.engine())
        profiles = {"struck": profile("openai", struck), "healthy": profile("openai", healthy)}
        await ask(await stack.enter_async_context(desk.client(data_dir, profiles)))
        asked = [chat.at for chat in healthy.chats if not is_trial(chat.body)]
        return asked[0] - struck.strikes[0].at if asked else NEVER_S


async def _until_asked(
    desk: Desk, healthy: FakeServer, before: dict[str, FakeServer], behind: dict[str, FakeServer], questions: int = 1
) -> list[float]:
    """Seconds from each question to the healthy server's first request, in an engine that has just started."""
    wire: WireName = "openai"
    chain: dict[str, Profile] = {name: profile(wire, fake) for name, fake in before.items()}
    chain |= {"healthy": profile(wire, healthy)} | {name: profile(wire, fake) for name, fake in behind.items()}
    seconds = []
    async with desk.engine() as data_dir, desk.client(data_dir, chain) as client:
        for number in range(questions):
            known, start = len(healthy.chats), time.monotonic()
            await ask(client, str(number))
            seconds.append(healthy.chats[known].at - start)
    return seconds
