"""The document index in figures: python benchmarks/library.py [--quick]

Makes its own Markdown collections (see `collection`) and prints one table. `docmind` runs as the program it is; CPU and
memory include child processes. The baseline is bare FTS5 inserting the same chunks, 2,000 a transaction.
"""

import argparse
import contextlib
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import collection
import psutil

from docmind.agents.library import store
from docmind.agents.library.chunks import Chunk
from docmind.agents.library.finder import Found
from docmind.agents.library.index import Library
from docmind.agents.library.manifest import Manifest
from docmind.agents.library.reading import Outcome

MIB = 1024 * 1024


class Run(NamedTuple):
    """One run of a program: seconds, CPU seconds with children, most resident memory of all its processes in MiB."""

    seconds: float
    cpu: float
    memory: float
    output: str


def run(command: Sequence[str], environment: dict[str, str]) -> Run:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    peak, done = [0.0], threading.Event()
    watch = threading.Thread(target=_watch_memory, args=(process.pid, peak, done))
    watch.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - start
    done.set()
    watch.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.returncode == 0, command
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(seconds, cpu, peak[0] / MIB, output)


def _watch_memory(pid: int, peak: list[float], done: threading.Event) -> None:
    while not done.wait(0.02):
        with contextlib.suppress(psutil.Error):
            top = psutil.Process(pid)
            peak[0] = max(peak[0], sum(process.memory_info().rss for process in (top, *top.children(recursive=True))))


class Bench:
    """`docmind` on the collections, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # An installed docmind has its bytecode; a checkout gets it here.
        cache = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
        self.environment = {"DOCMIND_DATA_DIR": str(folder / "data"), "DOCMIND_CONFIG": "", **cache}
        self.docmind("search", "warm up", str(Path(__file__).parent))

    def docmind(self, *words: str) -> Run:
        return run([sys.executable, "-m", "docmind", *words], self.environment)

    def made(self, megabytes: float, files: int) -> Path:
        docs = self.folder / f"docs-{megabytes:g}"
        collection.write(docs, megabytes, files)
        return docs

    def index_file(self, docs: Path) -> Path:
        return store.library_file(self.folder / "data", [docs])


def row(what: str, figure: str, reach: str = "") -> None:
    print(f"{what:52} {figure:>26}   {reach}", flush=True)


def indexing(bench: Bench) -> Path:
    """30 MB in 3,000 files: first time, unchanged, one file changed."""
    docs = bench.made(30, 3000)
    first = bench.docmind("index", str(docs), "--json")
    chunks = json.loads(first.output)["chunks"]
    bare = run([sys.executable, __file__, "--bare", str(bench.index_file(docs))], {})
    row("index 30 MB, 3,000 files", f"{first.seconds:.1f} s, {first.cpu:.1f} s CPU", f"{chunks:,} chunks")
    row("bare FTS5, the same chunks", f"{float(bare.output):.1f} s CPU")
    row("ratio of CPU", f"{first.cpu / float(bare.output):.2f}", "<= 3")
    row("memory of all processes", f"{first.memory:.0f} MiB", "<= 300 MB")
    again = [bench.docmind("index", str(docs), "--json").seconds for _ in range(5)]
    row("again, nothing changed", f"{statistics.median(again):.2f} s", "<= 1 s")
    row("one file changed", f"{statistics.median(_one_changed(bench, docs)):.2f} s", "<= 0.3 s")
    return docs


def _one_changed(bench: Bench, docs: Path) -> Iterator[float]:
    for number in range(5):
        with (docs / "010" / "01000.md").open("a") as file:
            file.write(f"\nA new line, {number}.\n")
        after = bench.docmind("index", str(docs), "--json")
        assert json.loads(after.output)["updated"] == 1
        yield after.seconds


def linearity(bench: Bench) -> None:
    """The cost of a megabyte must not depend on how many there are."""
    for megabytes in (1, 10, 100):
        docs = bench.made(megabytes, megabytes * 100)
        done = bench.docmind("index", str(docs), "--json")
        figure = f"{done.cpu / megabytes * 1000:.0f} ms CPU a MB, {done.memory:.0f} MiB"
        row(f"index {megabytes} MB, {megabytes * 100:,} files", figure, "linear, <= 300 MB")


def searching(bench: Bench, chunks: int, reach: str) -> None:
    file = bench.folder / f"{chunks}.db"
    fill(file, chunks)
    library = Library(file)
    questions = collection.questions(300)
    times = sorted(_timed(lambda query=query: library.search(query, 10)) for query in questions)  # type: ignore[misc]
    figure = f"p50 {times[150] * 1000:.1f}, p95 {times[285] * 1000:.1f} ms"
    row(f"search {chunks:,} chunks, long questions", figure, reach)


def fill(file: Path, chunks: int) -> None:
    """An index of this many chunks of 500 to 600 characters, 20 a document."""
    sections = collection.sections(3, 400)
    with contextlib.closing(store.connect(file, "rwc")) as db:
        manifest = Manifest(db, [Path("/made")])
        for number in range(chunks // 1000):
            pieces = [Chunk(next(sections), None, (1, 2)) for _ in range(1000)]
            outcome = Outcome("read", kind="markdown", chunks=pieces)
            manifest.store(Found(b"/made", b"%d.md" % number, 1, 1), outcome, None, "")
        manifest.settle()


def starting(bench: Bench, docs: Path) -> None:
    """Whole processes, on an index of about 20,000 chunks or more."""
    for what, words, reach in (
        ("docmind --help", ["--help"], "<= 0.25 s"),
        ("docmind search, whole process", ["search", collection.questions(1)[0], str(docs)], "<= 0.5 s"),
    ):
        row(what, f"{statistics.median(bench.docmind(*words).seconds for _ in range(5)):.2f} s", reach)


def bare(index: Path) -> None:
    """CPU seconds that FTS5 needs for the chunks of an index, printed."""
    with tempfile.TemporaryDirectory(dir=index.parent) as folder:
        rows = sqlite3.connect(index).execute("SELECT heading, text FROM chunk").fetchall()
        db = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-131072;")
        db.execute("CREATE VIRTUAL TABLE passage USING fts5(heading, text, tokenize='porter unicode61')")
        start = time.process_time()
        for first in range(0, len(rows), 2000):
            db.execute("BEGIN")
            db.executemany("INSERT INTO passage VALUES (?, ?)", rows[first : first + 2000])
            db.execute("COMMIT")
        db.close()
        print(time.process_time() - start)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out 100 MB and 250,000 chunks")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.bare:
        bare(args.bare)
        return
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        docs = indexing(bench)
        starting(bench, docs)
        searching(bench, 20_000, "p95 <= 10 ms")
        if not args.quick:
            searching(bench, 250_000, "p95 <= 80 ms")
            linearity(bench)


if __name__ == "__main__":
    main()
