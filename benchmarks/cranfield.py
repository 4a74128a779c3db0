"""Search quality on the Cranfield collection: python benchmarks/cranfield.py DATA_DIR

DATA_DIR holds docs/, queries.tsv (id, text) and qrels.tsv (query id, file). Prints nDCG@10 with binary gains: the ideal
ranking has min(10, relevant) hits, queries without a judged document are left out, a file ranks as its first passage
among the best 10 or 50 does. The baseline is bare FTS5: porter, query stop words dropped, one file = one document.
"""

import math
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from docmind.agents.library.index import Library
from docmind.agents.library.query import any_of, words
from docmind.agents.library.sync import sync
from docmind.agents.settings import LibrarySettings

DEPTH = 10

Ranking = Callable[[str], Iterable[str]]


def main(data: Path) -> None:
    queries = dict(line.split("\t", 1) for line in (data / "queries.tsv").read_text().splitlines())
    judged: dict[str, set[str]] = {}
    for line in (data / "qrels.tsv").read_text().splitlines():
        query, file = line.split("\t")[:2]
        judged.setdefault(query, set()).add(file)
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "cranfield.db"
        sync([data / "docs"], index, LibrarySettings())
        rankings = {
            "bare FTS5": bare(data / "docs"),
            "docmind, 10 passages": docmind(Library(index), DEPTH),
            "docmind, 50 passages": docmind(Library(index), 5 * DEPTH),
        }
        print(f"{'Cranfield, ' + str(len(judged)) + ' queries':24} nDCG@10")
        for name, rank in rankings.items():
            scores = [ndcg(rank(queries[query]), relevant) for query, relevant in judged.items() if query in queries]
            print(f"{name:24} {sum(scores) / len(scores):.4f}")


def bare(docs: Path) -> Ranking:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE doc USING fts5(name UNINDEXED, text, tokenize='porter unicode61')")
    db.executemany("INSERT INTO doc VALUES (?, ?)", [(path.name, path.read_text()) for path in docs.iterdir()])
    sql = "SELECT name FROM doc WHERE doc MATCH ? ORDER BY rank LIMIT ?"
    return lambda query: [name for (name,) in db.execute(sql, (any_of(words(query)), DEPTH))]


def docmind(library: Library, passages: int) -> Ranking:
    return lambda query: dict.fromkeys(passage.path for passage in library.search(query, passages))


def ndcg(ranking: Iterable[str], relevant: set[str]) -> float:
    gains = [1 / math.log2(rank + 2) for rank in range(DEPTH)]
    got = sum(gain for gain, file in zip(gains, ranking, strict=False) if file in relevant)
    return got / sum(gains[: len(relevant)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
