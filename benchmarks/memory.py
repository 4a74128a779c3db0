"""What it costs to choose the past of a prompt: python benchmarks/memory.py [--turns 1000]

Chats of so many turns, for windows from 512 to 131,072 tokens, without and with summaries; one holds huge answers.
The first choice, and median and P95 of 20 more; the reach is 5 ms at 1,000 turns and up to 8,192 tokens.
"""

import argparse
import statistics
import time

from docmind.agents.chats.live_turn import Exchange
from docmind.agents.memory import choose, due
from docmind.agents.record.stats import percentile

REACH_MS = 5.0
ANSWER = "The pump is blue and stands beside the valve, as the manual says on its second page [3]. " * 12
HUGE = ANSWER * 1000
ROUNDS = 20


def chat(turns: int, kind: str, *, summaries: bool, huge: bool) -> list[Exchange]:
    return [
        Exchange(
            f"What of pump {n}?",
            f"Answer {kind}.{n}. " + (HUGE if huge and n % 50 == 49 else ANSWER),
            f"run{n}",
            "They spoke of pumps. " * 20 if summaries and n % 10 == 0 else "",
        )
        for n in range(turns)
    ]


def timed(past: list[Exchange], room: int) -> list[float]:
    """Milliseconds of a choice and of the look whether a summary is due, ascending."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        choose(past, room)
        due(past, room)
        times.append(1000 * (time.perf_counter() - began))
    return sorted(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1000)
    turns = parser.parse_args().turns
    print("| chat | window | whole | summarised | left out | first ms | median ms | P95 ms | |")
    print("|---" * 9 + "|")
    for kind, summaries, huge in (("plain", False, False), ("summaries", True, False), ("huge answers", True, True)):
        past = chat(turns, kind, summaries=summaries, huge=huge)
        for window in (512, 2048, 8192, 32768, 131072):
            room = int(window * 0.4) - 500  # less the answer, the passages and the rules
            began = time.perf_counter()
            chosen = choose(past, room)
            first = 1000 * (time.perf_counter() - began)
            times = timed(past, room)
            p95 = percentile(times, 95)
            counts = f"{chosen.whole} | {chosen.summarised} | {chosen.left_out}"
            missed = "MISSED" if turns <= 1000 and window <= 8192 and p95 > REACH_MS else ""
            spent = f"{first:.2f} | {statistics.median(times):.2f} | {p95:.2f}"
            print(f"| {kind} | {window} | {counts} | {spent} | {missed} |")


if __name__ == "__main__":
    main()
