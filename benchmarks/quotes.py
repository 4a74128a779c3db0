"""How often `quotes` holds the answer: python benchmarks/quotes.py [DATA_DIR]

DATA_DIR holds folders of documents and questions.tsv (set, question, answer, file; no answer: the text does not say);
default: tests/data, whose README tells how the two sets came about.
"""

import csv
import itertools
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from docmind.agents.backends.quotes import choose
from docmind.agents.library.index import Library
from docmind.agents.library.rarity import rarity
from docmind.agents.library.sync import sync
from docmind.agents.records import Passage
from docmind.agents.settings import LibrarySettings

Row = dict[str, str]


class Outcome(msgspec.Struct):
    """What became of one question."""

    row: Row
    shown: bool
    """The answer stands in a passage that the search found: more is not possible."""
    quoted: bool
    """The answer stands in a quote."""
    refused: bool


def main(data: Path) -> None:
    with (data / "questions.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    with tempfile.TemporaryDirectory() as folder:
        sync([path for path in sorted(data.iterdir()) if path.is_dir()], Path(folder) / "l.db", LibrarySettings())
        library = Library(Path(folder) / "l.db")
        print(f"{'passages':>8}  {'set':8}  {'shown':>7}  {'quoted':>7}  {'refused':>7}  {'ms':>5}")
        for k, name in itertools.product((4, 8, 12), dict.fromkeys(row["set"] for row in rows)):
            start = time.perf_counter()
            outcomes = [ask(library, row, k) for row in rows if row["set"] == name]
            report(f"{k:>8}  {name:8}", outcomes, (time.perf_counter() - start) / len(outcomes) * 1000)
        library.close()


def ask(library: Library, row: Row, k: int) -> Outcome:
    found = library.search(row["question"], k)
    quotes = choose(row["question"], found, partial(rarity, library))
    return Outcome(row, _has(row, found), any(row["answer"] in quote.text for quote in quotes), not quotes)


def report(label: str, outcomes: Sequence[Outcome], milliseconds: float) -> None:
    asked = [outcome for outcome in outcomes if outcome.row["answer"]]
    refused = [outcome.refused for outcome in outcomes if not outcome.row["answer"]]
    columns = [[outcome.shown for outcome in asked], [outcome.quoted for outcome in asked], refused]
    print(
        f"{label}  " + "  ".join(f"{sum(column):>3}/{len(column):<3}" for column in columns) + f"  {milliseconds:>5.1f}"
    )
    for outcome in asked:
        if not outcome.quoted:
            print(f"{'':10}missed: {outcome.row['question']}")


def _has(row: Row, passages: Sequence[Passage]) -> bool:
    return any(row["answer"] in " ".join(passage.text.split()) for passage in passages)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "tests" / "data")
