"""Many runs over chains of servers with random faults: how many end whole, without a person."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack

from docmind.agents.protocol import Answered
from fakes import Fault
from matrix.asking import Desk, Outcome, ask
from matrix.cases import MANNERS, WIRES, cases, server
from matrix.running import profile
from matrix.verdict import wrong_text

from . import Figure

SERVERS = 3
SHARE_STRUCK = 0.6


class Tally:
    """What became of the runs."""

    def __init__(self) -> None:
        self.ends: Counter[str] = Counter()
        self.lost = self.stored = 0
        self.wrong: Counter[str] = Counter()

    def take(self, outcome: Outcome, faults: list[Fault | None]) -> str:
        """Note one run; what was wrong with it."""
        if outcome.end is None:
            self.lost += 1
            return "lost"
        answered = isinstance(outcome.end, Answered)
        text = outcome.end.answer if isinstance(outcome.end, Answered) else outcome.shown
        self.stored += any(fault.message in text for fault in faults if fault)
        if isinstance(outcome.end, Answered) and outcome.end.profile == "quotes":
            self.ends["by quotes"] += 1
            return ""
        wrong = wrong_text(outcome)
        self.ends["whole" if not wrong else "answered, but not as scripted" if answered else "failed"] += 1
        return wrong


async def figures(desk: Desk, runs: int, seed: int, at_once: int) -> list[Figure]:
    """Three lines of the table; what was wrong is printed, with the run's number."""
    tally, slots = Tally(), asyncio.Semaphore(at_once)
    pool = [case.fault for case in cases() if case.fault.kind != "twice"]

    async def one(number: int) -> None:
        async with slots:
            chance = random.Random(f"{seed} {number}")
            faults = [_fault(chance, pool) if chance.random() < SHARE_STRUCK else None for _ in range(SERVERS)]
            if wrong := tally.take(await _run(desk, chance, faults), faults):
                kinds = ", ".join(f"{fault.kind} after {fault.after}" if fault else "healthy" for fault in faults)
                print(f"  run {number} ({kinds}): {wrong}", flush=True)

    await asyncio.gather(*map(one, range(runs)))
    complete = tally.ends["whole"] + tally.ends["by quotes"]
    parts = ", ".join(f"{count} {end}" for end, count in tally.ends.most_common())
    print(f"  {parts}")
    return [
        Figure(f"{runs:,} random runs: complete", f"{complete / runs:.1%}", ">= 99 %", complete >= 0.99 * runs),
        Figure("  lost silently", str(tally.lost), "0", not tally.lost),
        Figure("  errors stored as answers", str(tally.stored), "0", not tally.stored),
    ]


def _fault(chance: random.Random, pool: list[Fault]) -> Fault:
    """One of the matrix, at a random place and time."""
    fault = chance.choice(pool)
    after = fault.after if fault.after < 0 else chance.randint(0, 50)
    times = chance.choice([1, 2, None])
    skip = chance.randint(0, 2)
    return Fault(fault.kind, after, times, skip, fault.status, fault.message, fault.headers)


async def _run(desk: Desk, chance: random.Random, faults: list[Fault | None]) -> Outcome:
    async with AsyncExitStack() as stack:
        profiles = {}
        for number, fault in enumerate(faults):
            wire = chance.choice(WIRES)
            fake = await stack.enter_async_context(server(wire, fault, chance.choice(MANNERS)))
            profiles[f"server{number}"] = profile(wire, fake)
        data_dir = await stack.enter_async_context(desk.engine())
        return await ask(await stack.enter_async_context(desk.client(data_dir, profiles)))
