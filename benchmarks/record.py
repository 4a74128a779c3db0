"""The record of calls in figures: python benchmarks/record.py [--calls 100000] [--runs 5]

What writing one call takes from the event loop: the time of `Recorder.add` itself, and how much later the loop's next
turns come while the thread writes. What the thread needs for a call. How long `docmind stats` takes, as the program it
is, over so many calls. How near the speed of `docmind bench` is to that of a server that sends at a known pace.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from docmind.agents.record.stats import percentile
from docmind.agents.record.store import Recorder, read, record_file
from docmind.agents.records import Call
from fakes import FakeServer

GAP = 0.02
"""Seconds between two tokens of the server."""
WORDS = 100


def some_call(number: int) -> Call:
    return Call(
        run=f"{number:032x}",
        phase="step",
        profile=("balanced", "fast", "quotes")[number % 3],
        model="llama3.1:8b",
        at=time.time() - random.random() * 6 * 86400,
        total_ms=random.random() * 1e4,
        outcome="failed" if number % 50 == 0 else "ok",
        code="ERR_5002" if number % 50 == 0 else "",
        first_token_ms=random.random() * 1e3,
        prompt_tokens=1000,
        completion_tokens=200,
    )


async def turns(recorder: Recorder | None, calls: int) -> tuple[list[float], list[float]]:
    """Seconds of each `add`, and of the loop's turns meanwhile: a call every millisecond, as no server is so fast."""
    added, turned = [], []
    for number in range(calls):
        call, start = some_call(number), time.perf_counter()
        if recorder:
            recorder.add(call)
        added.append(time.perf_counter() - start)
        start = time.perf_counter()
        await asyncio.sleep(0.001)
        turned.append(time.perf_counter() - start - 0.001)
    return added, turned


def row(what: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    middle, most = 1000 * statistics.median(ordered), 1000 * percentile(ordered, 99)
    print(f"{what:66} {middle:9.4f} ms   P99 {most:9.4f} ms   n {len(ordered):,}", flush=True)


def report_adding(folder: Path) -> None:
    recorder = Recorder(record_file(folder))
    _, idle = asyncio.run(turns(None, 2000))
    added, busy = asyncio.run(turns(recorder, 2000))
    recorder.close()
    row("event loop: add a call", added)
    row("event loop: lateness of a turn, nothing recorded", idle)
    row("event loop: lateness of a turn, a call every ms", busy)


def fill(folder: Path, calls: int) -> None:
    file, start = record_file(folder), time.perf_counter()
    recorder = Recorder(file)
    for number in range(calls):
        recorder.add(some_call(number))
    while len(read(file, time.time() - 1e9) if file.exists() and file.stat().st_size else []) < calls:
        time.sleep(0.5)
    recorder.close()
    seconds = time.perf_counter() - start
    print(f"{calls:,} calls written in {seconds:.1f} s at most; {file.stat().st_size / 2**20:.1f} MiB")


def docmind(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"DOCMIND_DATA_DIR": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    command = [sys.executable, "-m", "docmind", *arguments]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout


def report_stats(folder: Path, calls: int, runs: int) -> None:
    seconds, cpu = [], []
    for _ in range(runs):
        start, used = time.perf_counter(), _cpu_of_children()
        docmind(folder, "stats")
        seconds.append(time.perf_counter() - start)
        cpu.append(_cpu_of_children() - used)
    row(f"docmind stats over {calls:,} calls, the whole program", seconds)
    row("  of which CPU: what it takes on a machine with nothing else to do", cpu)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def report_speed(folder: Path) -> None:
    """The server's own pace is measured too: its pauses are longer than GAP on a busy machine."""
    with FakeServer(["word " * WORDS], gap=GAP) as server:
        config = folder / "config.toml"
        config.write_text(f'[profiles.near]\nkind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n')
        result = json.loads(docmind(folder, "bench", "--runs", "5", "--json", "--config", str(config)))
        docmind(folder, "engine", "stop")
    speed = result["profiles"][0]["tokens_per_s"]
    print(f"docmind bench: {speed:.1f} tok/s of a server that pauses for {1000 * GAP:.0f} ms after each token")
    print(f"  which is {100 * (speed * GAP - 1):+.1f} % against {1 / GAP:.0f} tok/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report_adding(Path(folder, "adding"))
        fill(Path(folder, "full"), options.calls)
        report_stats(Path(folder, "full"), options.calls, options.runs)
        report_speed(Path(folder))


if __name__ == "__main__":
    main()
