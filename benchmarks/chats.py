"""Chats that last, in figures: python benchmarks/chats.py [--chats 10000] [--turns 50] [--kills 60] [--store FILE]

How long it takes to open, list and search a store with so many chats of so many questions each (a question and its
answer are two messages), and to start docmind with it; what saving takes from the event loop; what kill -9 and a
failing disk leave. The store is made in a temporary folder, which takes some minutes and 2 GB; --store names one to
keep, and to use again.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from collection import vocabulary
from many_chats import make
from starting import starts

from docmind.agents.chats.journal import Journal
from docmind.agents.chats.opening import prepare
from docmind.agents.chats.records import TimedEvent
from docmind.agents.chats.search import search
from docmind.agents.chats.store import ChatStore
from docmind.agents.protocol import Token
from docmind.agents.record.stats import percentile
from fakes import disk
from fakes.chat_faults import WORK, wrong
from fakes.chat_kills import kill
from fakes.chats import Telling, some_chat

LONGER = 0.05
"""What a start with many chats may take more than one without any."""
PARTS = {
    "painted": "to the first paint",
    "typed": "to the first key that is seen",
    "ready": "to the model's badge",
    "cpu": "CPU of the screen until then",
}
TOKENS = 5000
"""Tokens that are journaled, one a millisecond: faster than any model is read."""


def row(what: str, figure: str, reach: str, good: bool = True) -> None:
    print(f"| {what:66} | {figure:>34} | {reach:>14} | {'' if good else 'MISSED':6} |", flush=True)


def timed(work: Callable[..., object], *arguments: Any, **named: Any) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    work(*arguments, **named)
    return 1000 * (time.perf_counter() - start)


def spread(times: list[float]) -> tuple[str, float]:
    """Median and P95, as text; P95 as a number."""
    p95 = percentile(sorted(times), 95)
    return f"{statistics.median(times):.2f} ms, P95 {p95:.2f} ms", p95


def report_times(what: str, times: list[float], reach: float | None) -> None:
    text, p95 = spread(times)
    row(f"{what}, n {len(times)}", text, f"<= {reach:g} ms" if reach else "", not reach or p95 <= reach)


def queries(number: int) -> Iterator[tuple[str, str, bool]]:
    """Kind, query, and whether it is being typed. Words as often as in the texts, stop words among them."""
    rng, words = random.Random(3), vocabulary(random.Random(0))
    weights = [1 / (rank + 2.7) for rank in range(len(words))]
    for _ in range(number):
        one, two, three = rng.choices(words, weights, k=3)
        yield "one word", one, False
        yield "two words", f"{one} {two}", False
        yield "three words, one of them nowhere", f"{one} {two} {three}nowhere", False
        yield "a phrase", f'"{one} {two}"', False
        yield "one of the 200 most frequent words", rng.choice(words[120:320]), False
        yield "the first four letters of a word", rng.choice(words[120:])[:4], True


def report_starts(file: Path, pairs: int) -> None:
    for warm in (True, False):
        for part, (many, none, ratio) in starts(file, pairs, warm).items():
            what = f"start, the engine {'runs' if warm else 'starts, too'}, n {pairs}: {PARTS[part]}"
            figure = f"{many:.0f} ms, without {none:.0f}: {ratio - 1:+.1%}"
            row(what, figure, f"<= {LONGER:+.0%}", ratio <= 1 + LONGER)


def report_reading(file: Path) -> None:
    with ChatStore(file) as store:
        some = [chat.id for chat in store.chats()[:20]]
        total = len(store.chats(limit=10**9))
    report_times("open the store", [timed(lambda: ChatStore(file).close()) for _ in range(50)], 50)
    report_times("prepare it, as the engine's start does", [timed(prepare, file) for _ in range(20)], None)
    with ChatStore(file) as store:
        report_times(f"list: the first 200 of {total:,} chats", [timed(store.chats) for _ in range(50)], 50)
        everything = [timed(store.chats, limit=10**9) for _ in range(5)]
        report_times(f"list: all {total:,} chats", everything, None)
        report_times("the turns of a chat, with their records", [timed(store.path, chat) for chat in some], None)
        report_search(store)


def report_search(store: ChatStore) -> None:
    kinds: dict[str, list[float]] = {}
    for kind, query, typing in queries(100):
        kinds.setdefault(kind, []).append(timed(search, store, query, typing=typing))
    for kind, times in kinds.items():
        report_times(f"search: {kind}", times, 100)
    report_times("search: all of these", [each for times in kinds.values() for each in times], 100)


async def journaled(file: Path | None) -> tuple[list[float], list[float], float]:
    """Milliseconds of each `append`, by how many each turn of the loop was late, and of CPU for each token in all."""
    journal = Journal(file, Telling()) if file else None
    if journal:
        journal.begin(some_chat())
        journal.ask("r1", "c1", None, "?", 0.0)
    added, late, used = [], [], time.process_time()
    for number in range(TOKENS):
        event = TimedEvent(0.001 * number, Token(run="r1", text=" token"))
        if journal:
            added.append(timed(journal.append, "r1", event))
        start = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append(1000 * (time.perf_counter() - start) - 1)
    if journal:
        journal.finish("r1", "stopped")
        journal.close()
    return added, late, 1000 * (time.process_time() - used) / TOKENS


def report_saving(folder: Path) -> None:
    _, idle, used_idle = asyncio.run(journaled(None))
    added, late, used = asyncio.run(journaled(folder / "journal" / "chats.db"))
    report_times("saving a token, on the event loop", added, 0.05)
    row("  the same, on average", f"{statistics.fmean(added):.4f} ms", "<= 0.05 ms", statistics.fmean(added) <= 0.05)
    row("  CPU of the journal's thread for a token", f"{used - used_idle:.4f} ms", "")
    row("  the loop's turns are late: without, with the journal", f"{spread(idle)[0]}; {spread(late)[0]}"[-34:], "")


def report_kills(folder: Path, number: int) -> None:
    points, file = random.Random(6), folder / "kills" / "chats.db"
    kills = [kill(file, f"chat{n}", points.randrange(1, 250)) for n in range(number)]
    bad = [killed.problem for killed in kills if killed.problem]
    worst = max((killed.lost_s for killed in kills), default=0.0)
    row(f"kill -9 at {number} random points: stores, chats or answers spoilt", str(len(bad)), "0", not bad)
    row("  longest time of which tokens were lost", f"{worst:.2f} s", "<= 1 s", worst <= 1)
    tokens, lost = sum(killed.tokens for killed in kills), sum(killed.lost for killed in kills)
    row("  tokens lost", f"{lost:,} of {tokens:,}", "")
    for problem in bad:
        print(problem)


def report_faults(folder: Path, step: int) -> None:
    library = disk.build(folder)
    if library is None:
        print("without a C compiler no disk can be made to fail")
        return
    for work in WORK:
        place = folder / f"fault-{work}" / "data"
        lines = disk.run(library, place, "fakes.chat_faults", work, str(place), str(step)).splitlines()
        found = [json.loads(line) for line in lines]
        problems = [(each["nth"], each["lasts"], problem) for each in found if (problem := wrong(work, each))]
        which = f"every {step}th" if step > 1 else "each"
        row(f"{work}: {which} change of the disk fails", f"{len(problems)} wrong of {len(found)}", "0", not problems)
        print(*problems, sep="\n", end="\n" if problems else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--faults", type=int, default=1, metavar="STEP", help="every so-manieth change fails; 0: none")
    parser.add_argument("--starts", type=int, default=20, help="pairs of starts, with the chats and without; 0: none")
    parser.add_argument("--store", type=Path, help="a store to use, or to make")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = options.store or Path(folder, "many", "chats.db")
        if not file.exists():
            make(file, options.chats, options.turns)
        size = file.stat().st_size / 1e9
        print(f"{options.chats:,} chats, {2 * options.chats * options.turns:,} messages, {size:.2f} GB")
        report_saving(Path(folder))
        report_reading(file)
        if options.starts:
            report_starts(file, options.starts)
        report_kills(Path(folder), options.kills)
        if options.faults:
            report_faults(Path(folder), options.faults)


if __name__ == "__main__":
    main()
