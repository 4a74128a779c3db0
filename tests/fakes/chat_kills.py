"""A process that journals answers until it is killed, and what is found of them afterwards.

`python -m fakes.chat_kills FILE NAME` prints a line for every token once it was handed to the journal: its answer, its
number and when.
"""

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from docmind.agents.chats.journal import Journal
from docmind.agents.chats.opening import prepare
from docmind.agents.chats.records import TimedEvent
from docmind.agents.chats.store import ChatStore
from docmind.agents.protocol import Token

from .chats import Telling, answered, some_chat
from .disk import TESTS

LENGTH = 40
"""Tokens of an answer."""
GAP = 0.004
"""Seconds between two of them: 250 a second."""


class Killed(NamedTuple):
    """What a kill has done."""

    tokens: int
    """Those that were handed to the journal."""
    lost: int
    lost_s: float
    """Seconds between the kill and the first token that is lost."""
    problem: str
    """What is wrong with what was found; empty when nothing is."""


def kill(file: Path, name: str, after: int) -> Killed:
    """Kills such a process after so many tokens, and looks at what it has left."""
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "fakes.chat_kills", str(file), name]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(after)]
        process.kill()
        at = time.monotonic()
        lines += process.stdout.readlines()
    said = {run: {int(n): float(when) for _, n, when in found} for run, found in _by_run(lines)}
    return _judge(file, name, said, at)


def _by_run(lines: list[str]) -> list[tuple[str, list[list[str]]]]:
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(run, list(found)) for run, found in itertools.groupby(whole, key=lambda parts: parts[0])]


def _judge(file: Path, name: str, said: dict[str, dict[int, float]], at: float) -> Killed:
    problem = prepare(file)
    with ChatStore(file) as store:
        turns = {turn.run: turn for turn in store.turns(name)}
    lost: list[float] = []
    for run, tokens in said.items():
        turn = turns.get(run)
        found = turn.answer.split() if turn else []
        if found != [str(n) for n in range(len(found))]:
            problem += f"{run} has a gap or a repeat. "
        if turn and turn.state != ("done" if len(found) == LENGTH else "broken"):
            problem += f"{run} is {turn.state} with {len(found)} tokens. "
        lost += [when for n, when in tokens.items() if n >= len(found)]
    return Killed(sum(map(len, said.values())), len(lost), at - min(lost, default=at), problem)


def main(file: Path, name: str) -> None:
    journal = Journal(file, Telling())
    journal.begin(some_chat(name))
    for answer in itertools.count():
        run = f"{name}-{answer}"
        journal.ask(run, name, f"{name}-{answer - 1}" if answer else None, "?", time.time())
        for n in range(LENGTH):
            journal.append(run, TimedEvent(n * GAP, Token(run=run, text=f"{n} ")))
            print(run, n, time.monotonic(), flush=True)
            time.sleep(GAP)
        journal.append(run, TimedEvent(LENGTH * GAP, answered(run, " ".join(map(str, range(LENGTH))))))
        journal.finish(run)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
