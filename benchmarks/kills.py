"""docmind killed in mid-answer: python benchmarks/kills.py [--kills 200] [--answers 50] [--seed 1] [--words 400]

`docmind` runs in a real pty, with an engine of its own, against a model server that sends 50 numbered tokens a second.
At random points of each answer, from Enter to its last word, the engine, the screen or both get `kill -9`; docmind is
started again on the same folder, and the answer goes on. Tells each kill and what was found after it, then a table;
ends with status 1 when a limit is missed. The whole takes some 20 minutes.

A token counts as lost when it had left the server and is not in the store after the kill; how much is lost is the time
from the first such token to the kill. Every answer has to end whole: each word once, in its order.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fault_figures import Figure

from docmind.agents.chats.store import ChatStore
from killing.home import Home, home
from killing.striking import Striking, points
from killing.verdict import TARGETS, Fault, Found

FAULTS: tuple[tuple[Fault, str], ...] = (
    ("damaged", "stores damaged"),
    ("not opened", "chats that did not open with what was said"),
    ("not marked", "broken answers that were not marked"),
    ("question gone", "questions gone"),
    ("wrong text", "answers with a gap, a repeat or an error in them"),
)
LONGEST_LOSS_S = 1.0


def strike(ready: Home, number: int, kills: int, chance: random.Random) -> list[Found]:
    """Kills one answer so many times; tells each."""
    chosen = points(chance, kills, len(ready.words))
    print(f"answer {number}: " + ", ".join(f"{point.target} at {point.after:.1f}" for point in chosen), flush=True)
    striking = Striking(ready, f"Question {number}?", chosen)
    try:
        striking.run()
    except AssertionError as error:
        print(f"  given up: {error}")
    for each in striking.found:
        lost = f"{each.lost} of {each.sent} tokens lost, {each.lost_s:.2f} s" if each.kill.target != "screen" else ""
        print(f"  {each.kill.target:6} at {each.kill.after:6.1f}   {lost}", *each.faults, sep="   ", flush=True)
    return striking.found


def table(found: Sequence[Found], kills: int) -> list[Figure]:
    """The limits of it all."""
    figures = [Figure("kill -9: came back", f"{len(found)} of {kills}", "all", len(found) == kills)]
    for fault, what in FAULTS:
        count = sum(fault in dict(each.faults) for each in found)
        figures.append(Figure(f"  {what}", str(count), "0", not count))
    ends = [each for each in found if each.kill.target != "screen"]
    worst = max((each.lost_s for each in ends), default=0.0)
    figures.append(
        Figure("  longest time of which tokens were lost", f"{worst:.2f} s", "<= 1 s", worst <= LONGEST_LOSS_S)
    )
    lost, sent = sum(each.lost for each in ends), sum(each.sent for each in ends)
    figures.append(Figure("  tokens lost with the engine", f"{lost:,} of {sent:,}", "", True))
    return figures


def by_target(found: Sequence[Found]) -> None:
    """How many kills of each sort there were."""
    for target in TARGETS:
        of_it = [each for each in found if each.kill.target == target]
        streaming = sum(each.kill.streaming for each in of_it)
        early = sum(each.kill.after < 0 for each in of_it)
        worst = max((each.lost_s for each in of_it), default=0.0)
        faulty = sum(bool(each.faults) for each in of_it)
        when = f"{streaming} before the answer was complete, {early} of them before its first word"
        again = sum(each.again for each in of_it)
        about = f"at most {worst:.2f} s lost; {again} asked again from the prompt's history; {faulty} with a fault"
        print(f"{target:8} {len(of_it):4} kills, {when}; {about}")


def whole(ready: Home, answers: int) -> Figure:
    """What the store holds in the end."""
    with ChatStore(ready.file) as store:
        turns = [turn for chat in store.chats(limit=10**6) for turn in store.turns(chat.id)]
    right = sum(turn.state == "done" and turn.answer.split() == ready.words for turn in turns)
    held = right == len(turns) == answers and not ready.damage()
    return Figure("answers that are whole in the end", f"{right} of {answers}", "all", held)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--answers", type=int, default=50)
    parser.add_argument("--words", type=int, default=400, help="of an answer")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(f"seed {args.seed}, load {os.getloadavg()[0]:.1f}", flush=True)
    chance, found, start = random.Random(args.seed), list[Found](), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, home(Path(folder), args.words) as ready:
        for number in range(args.answers):
            kills = args.kills * (number + 1) // args.answers - args.kills * number // args.answers
            found += strike(ready, number, kills, chance)
        figures = [*table(found, args.kills), whole(ready, args.answers)]
    by_target(found)
    print(f"{time.monotonic() - start:.0f} s, load {os.getloadavg()[0]:.1f}")
    for figure in figures:
        print(figure)
    sys.exit(0 if all(figure.held for figure in figures) else 1)


if __name__ == "__main__":
    main()
