"""The profile is switched while an answer streams: no run may hold another profile's words."""

import asyncio
import random
from collections import defaultdict
from contextlib import AsyncExitStack, aclosing

from docmind.agents.client import Client
from docmind.agents.protocol import Answered, Ask, Cancel, Check, Failed, Token
from fakes import FakeServer
from matrix.asking import Desk
from matrix.cases import WIRES, flavour
from matrix.running import profile
from matrix.scripts import QUESTION, SEARCH

from . import Figure

COLOURS = dict(zip(("red", "green", "blue"), WIRES, strict=True))
WORDS = 60


class Watch:
    """The text of each run, and how it ended."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.said: dict[str, str] = defaultdict(str)
        self.ended: dict[str, Answered | Failed] = {}
        self.changed = asyncio.Condition()

    async def read(self) -> None:
        """Until cancelled."""
        async with aclosing(self._client.events()) as events:
            async for event in events:
                async with self.changed:
                    if isinstance(event, Token):
                        self.said[event.run] += event.text
                    elif isinstance(event, Answered | Failed):
                        self.ended[event.run] = event
                    self.changed.notify_all()

    async def until_words(self, run: str, words: int) -> None:
        """So many words of the run are there, or it has ended."""
        async with asyncio.timeout(30), self.changed:
            await self.changed.wait_for(lambda: run in self.ended or len(self.said[run].split()) >= words)


async def figures(desk: Desk, switches: int, seed: int) -> list[Figure]:
    """One line of the table."""
    chance, asked = random.Random(seed), dict[str, str]()
    async with AsyncExitStack() as stack:
        profiles = {}
        for colour, wire in COLOURS.items():
            words = "".join(f" {colour}{number}" for number in range(WORDS))
            fake = FakeServer([SEARCH, f"Answer:{words}."], gap=0.002, flavour=flavour(wire))
            profiles[colour] = profile(wire, await stack.enter_async_context(fake), max_tokens=1000)
        data_dir = await stack.enter_async_context(desk.engine())
        client = await stack.enter_async_context(desk.client(data_dir, profiles))
        watch = Watch(client)
        reading = asyncio.create_task(watch.read())
        for number in range(switches):
            run, colour = str(number), chance.choice(list(COLOURS))
            asked[run] = colour
            client.send(Check(profiles=[colour]))  # as the screen does at a switch
            client.send(Ask(run=run, question=QUESTION, profile=colour))
            await watch.until_words(run, chance.randint(1, WORDS))
            if chance.random() < 0.5:  # else the next question waits for the rest of this answer
                client.send(Cancel(run=run))
        async with asyncio.timeout(60), watch.changed:
            await watch.changed.wait_for(lambda: len(watch.ended) == switches)
        reading.cancel()
    mixed = sum(_strange(watch, run, colour) for run, colour in asked.items())
    cut = sum(isinstance(end, Answered) and end.answer.count(asked[run]) != WORDS for run, end in watch.ended.items())
    whole = sum(isinstance(end, Answered) for end in watch.ended.values())
    measured = f"{mixed} mixed, {cut} cut ({whole} whole, {switches - whole} stopped)"
    return [Figure(f"{switches} switches while streaming: tokens mixed", measured, "0", not mixed and not cut)]


def _strange(watch: Watch, run: str, colour: str) -> int:
    """Words of other profiles in what a run has said."""
    end = watch.ended[run]
    text = watch.said[run] + (end.answer if isinstance(end, Answered) else "")
    named = isinstance(end, Answered) and end.profile != colour
    return sum(text.count(other) for other in COLOURS if other != colour) + named
