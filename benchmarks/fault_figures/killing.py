"""Real llama.cpp children, killed or frozen in mid-answer."""

import asyncio
import itertools
import random
import signal
from contextlib import aclosing
from pathlib import Path

import psutil

from docmind.agents.client import Client
from docmind.agents.protocol import Answered, Ask, Token
from docmind.agents.settings import Profile, Timeouts
from fakes.gguf import write_gguf
from matrix.asking import Desk, Outcome
from matrix.scripts import QUESTION, SEARCH
from matrix.verdict import difference

from . import Figure

WORDS = " ".join("".join(letters) for letters in itertools.islice(itertools.product("bdfgklmnprst", repeat=4), 1500))
"""Without digits and stops, at which llama.cpp cuts a word in two: then the model would not know its own text again."""
PIECES = 8
"""In so many, at least, the answer comes here; behind the half of them llama.cpp may have said it all."""
STALL_S = 1.5


async def figures(desk: Desk, runs: int) -> list[Figure]:
    """A line for each signal."""
    model = write_gguf(desk.folder.parent / "words.gguf", [SEARCH, f"Answer: {WORDS}"], context=16384)
    found = []
    for number in (signal.SIGKILL, signal.SIGSTOP):
        wrong = [await _run(desk, model, number, random.Random(run)) for run in range(runs)]
        for what in filter(None, wrong):
            print(f"  {number.name}: {what}", flush=True)
        whole = wrong.count("")
        found.append(
            Figure(f"llama.cpp, {number.name} in mid-answer: whole", f"{whole} of {runs}", "all", whole == runs)
        )
    return found


async def _run(desk: Desk, model: Path, number: signal.Signals, chance: random.Random) -> str:
    """What was wrong."""
    limits = Timeouts(stall=STALL_S, first_token=60)
    target = Profile(kind="llamacpp", path=str(model), threads=1, context=16384, max_tokens=8000, timeouts=limits)
    async with desk.engine() as data_dir, desk.client(data_dir, {"one": target, "two": target}) as client:
        outcome = await _struck(client, number, chance.randint(1, PIECES // 2))
        if not isinstance(outcome.end, Answered):
            return f"not answered: {outcome.end and outcome.end.code}"
        if outcome.end.answer != f"{WORDS}":
            return difference(f"{WORDS}", outcome.end.answer)
        told = [(attempt.profile, attempt.ok) for attempt in outcome.end.attempts]
        if told != [("one", True), ("one", False), ("two", True)]:
            return f"attempts: {told}"
    left = [child for child in psutil.Process().children() if "llamacpp_child" in " ".join(child.cmdline())]
    return f"{len(left)} children left over" if left else ""


async def _struck(client: Client, number: signal.Signals, after: int) -> Outcome:
    """Ask, and send the signal after so many pieces of the answer."""
    outcome, pieces = Outcome(), 0
    client.send(Ask(run="1", question=QUESTION))
    async with asyncio.timeout(120), aclosing(client.events()) as events:
        async for event in events:
            pieces += isinstance(event, Token)
            if isinstance(event, Token) and pieces == after:
                for child in psutil.Process().children():
                    child.send_signal(number)
            if getattr(event, "run", "1") == "1" and outcome.take(event):
                break
    return outcome
