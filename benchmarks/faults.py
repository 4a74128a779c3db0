"""Whether an answer is ever lost: python benchmarks/faults.py [--quick] [--only WORDS] [--parts matrix,mixed ...]

Fake servers that speak Ollama's, OpenAI's and llama-server's wire break at every place of a reply, and one healthy
server is left; the engine with its agent is the real one, in this process. Prints what went wrong, then a table; ends
with status 1 when a limit is missed. The whole takes some minutes.

    matrix     every fault x place x wire, in a tool step and in the answer
    mixed      random chains with random faults
    cuts       answers and tool steps that are cut at each of their tokens
    handover   how soon the next server is asked, and what a dead one costs
    stopping   Esc until the server sees the close
    switching  the profile is switched while an answer streams
    killing    real llama.cpp children, killed or frozen in mid-answer
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fault_figures import Figure, cuts, handover, killing, mixed, stopping, switching

from matrix.asking import Desk, desk
from matrix.cases import cases
from matrix.running import run_all
from matrix.verdict import Verdict

PARTS = ("matrix", "mixed", "cuts", "handover", "stopping", "switching", "killing")
LEAST_CASES = 500
PLACES = (
    "connect",
    "whole reply",
    "before headers",
    "before first token",
    "token 1",
    "middle",
    "last token",
    "no end mark",
    "after end mark",
)


async def matrix(here: Desk, only: str, every: int, at_once: int) -> list[Figure]:
    """One line; each wrong case, and how the kinds of faults did, are printed."""
    chosen = [case for case in cases() if only in str(case)][::every]
    verdicts = [verdict async for verdict in run_all(here, chosen, at_once)]
    print_verdicts(verdicts)
    whole = sum(not verdict.wrong for verdict in verdicts)
    enough = len(chosen) >= LEAST_CASES or only or every > 1
    held = bool(whole == len(chosen) and enough)
    return [
        Figure(f"fault matrix, {len(chosen)} cases: answered whole", f"{whole} of {len(chosen)}", "all, >= 500", held)
    ]


def print_verdicts(verdicts: list[Verdict]) -> None:
    """The wrong cases, then a count by fault and place."""
    for verdict in sorted(verdicts, key=lambda verdict: str(verdict.case)):
        for what in verdict.wrong:
            print(f"  {verdict.case}: {what}")
    asked = Counter((verdict.case.name, verdict.case.position) for verdict in verdicts)
    right = Counter((verdict.case.name, verdict.case.position) for verdict in verdicts if not verdict.wrong)
    places = [place for place in PLACES if any(place == position for _, position in asked)]
    print(f"\n  {'right of all':22}" + "".join(f"{place:>20}" for place in places))
    for name in dict.fromkeys(case.name for case in cases()):
        cells = [f"{right[name, place]}/{asked[name, place]}" if asked[name, place] else "" for place in places]
        if any(cells):
            print(f"  {name:22}" + "".join(f"{cell:>20}" for cell in cells))


async def run(options: argparse.Namespace) -> bool:
    """Whether all limits were held."""
    runs, found = 10 if options.quick else 100, list[Figure]()
    with desk() as here:
        for part in options.parts.split(","):
            start = time.monotonic()
            print(f"{part}:", flush=True)
            match part:
                case "matrix":
                    every = 12 if options.quick else 1
                    found += await matrix(here, options.only, every, options.at_once)
                case "mixed":
                    found += await mixed.figures(here, 10 * runs, options.seed, options.at_once)
                case "cuts":
                    found += await cuts.figures(here, options.seed, options.at_once, 20 if options.quick else 1)
                case "handover":
                    found += await handover.figures(here, max(5, runs // 4))
                case "stopping":
                    found += await stopping.figures(here, runs)
                case "switching":
                    found += await switching.figures(here, 2 * runs, options.seed)
                case "killing":
                    found += await killing.figures(here, max(3, runs // 10))
            print(f"  {time.monotonic() - start:.0f} s", flush=True)
    print()
    for figure in found:
        print(figure)
    return all(figure.held for figure in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS), help="separated by commas")
    parser.add_argument("--only", default="", help="words that a case of the matrix must hold, as 'reset, middle'")
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    parser.add_argument("--at-once", type=int, default=8, help="cases that run at the same time")
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(0 if asyncio.run(run(parser.parse_args())) else 1)


if __name__ == "__main__":
    main()
