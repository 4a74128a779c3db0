"""What the screen costs, on a terminal of 120x40: python benchmarks/screen.py [--runs 5] [--plain-driver]

`docmind` runs as its users run it, with an engine of its own, against a model server that sends so many tokens a
second. The bare app is the smallest one of Textual that could be a chat: Markdown, Input, Footer. A token is a word of
the answer. Bytes are those from the first word of an answer to its last, with everything else that the screen shows
meanwhile. The longest stall is the slowest key from the first paint on until the engine is ready. The rates are those
of the model server.
"""

import argparse
import itertools
import os
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from pty_probe import FAST, Probe

from fakes import FakeServer
from program import Program

PROMPT, LETTERS = "Ask about your documents", "kvxzwqj"
SEARCH = 'Thought: I look.\nAction: search_documents\nAction Input: {"query": "pump"}\n'
SECTION = """

## Part {n}

The pump of the cooling loop moved **upstream** of the exchanger, and the flow limit rose from 12 to 18 litres a minute.
Two valves were removed because the new pump regulates itself, which `pump.md` says in its first part.

- The first valve was behind the exchanger.
- The second one was never used.

```python
def flow(limit: int) -> int:
    return max(limit, {n})
```
"""
BARE = f"""
from textual.app import App
from textual.widgets import Footer, Input, Markdown
class Bare(App):
    def compose(self):
        yield Markdown("# docmind")
        yield Input(placeholder="{PROMPT}")
        yield Footer()
Bare().run()
"""
IDLE_S = 10.0
missed: list[str] = []


def row(what: str, value: float, unit: str, reach: float | None = None) -> None:
    verdict = "" if reach is None else f"reach {reach:g}" if value <= reach else f"reach {reach:g}  MISSED"
    if verdict.endswith("MISSED"):
        missed.append(what)
    print(f"{what:58} {value:9.2f} {unit:8} {verdict}", flush=True)


@contextmanager
def opened(*arguments: str, gap: float = 0.0, tokens: int = 50) -> Iterator[tuple[Probe, FakeServer]]:
    """A program in a home of its own, with one document, and its model server."""
    sections = (SECTION.format(n=n) for n in itertools.count())
    words = " ".join(next(sections) for _ in range(tokens // 50)).strip() + " Lastword"
    with tempfile.TemporaryDirectory() as home, FakeServer([SEARCH, f"Answer: Firstword {words}"], gap=gap) as server:
        program, documents = Program(Path(home) / "home"), Path(home) / "papers"
        documents.mkdir()
        (documents / "pump.md").write_text("The pump of the cooling loop is blue.\n")
        profile = f'kind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n'
        config = program.config(f'profile = "model"\n[profiles.model]\n{profile}')
        command = program.command("--config", config, *arguments, documents)
        try:
            with Probe(command, program.environ | FAST) as probe:
                yield probe, server
        finally:
            program.close()


def first_paint(probe: Probe) -> float:
    """CPU seconds until the prompt is there and shows a key."""
    probe.wait(PROMPT)
    probe.echo_ms("", "z")
    return probe.cpu()


def report_start(runs: int, arguments: list[str]) -> None:
    ours, bare = [], []
    for _ in range(runs + 1):  # the first one compiles
        with Probe([sys.executable, "-c", BARE], os.environ | FAST) as probe:
            bare.append(first_paint(probe))
        with opened(*arguments) as (probe, _server):
            ours.append(first_paint(probe))
    of_ours, of_bare = statistics.median(ours[1:]), statistics.median(bare[1:])
    row("CPU to first paint, bare Textual app", of_bare, "s")
    row("CPU to first paint, prompt usable", of_ours, "s")
    row("... of the bare app", of_ours / of_bare, "times", 1.6)


def report_waiting(arguments: list[str]) -> None:
    """From the first paint to the engine, and then nothing at all."""
    with opened(*arguments) as (probe, _server):
        probe.wait(PROMPT)
        start, typed, slowest = time.perf_counter(), "", 0.0
        while "tiny:latest ●" not in probe.text():
            key = LETTERS[len(typed) % len(LETTERS)]
            slowest = max(slowest, probe.echo_ms(typed[-40:], key))
            typed += key
            probe.rest(0.03)
        row("first paint to engine ready", time.perf_counter() - start, "s")
        row("... longest stall meanwhile (slowest key)", slowest, "ms", 50)
        row("memory of the screen's process", probe.rss_mb(), "MB", 70)
        probe.rest(3)
        cpu, written = probe.cpu(), len(probe.raw)
        probe.rest(IDLE_S)
        row("idle: CPU", (probe.cpu() - cpu) / IDLE_S * 100, "%", 0.5)
        row("idle: bytes", (len(probe.raw) - written) / IDLE_S, "/s", 50)


def report_stream(
    rate: int, tokens: int, arguments: list[str], reach: float | None = None, cpu_reach: float | None = None
) -> None:
    with opened(*arguments, gap=1 / rate, tokens=tokens) as (probe, server):
        sent: list[float] = []
        threading.Thread(target=_note_end, args=(server, sent), daemon=True).start()
        ask(probe)
        start, cpu, written = time.perf_counter(), probe.cpu(), len(probe.raw)
        probe.wait("Lastword", timeout=120)
        painted = time.perf_counter()
        count = len(SECTION.split()) * (tokens // 50)
        row(f"{rate} tokens/s: bytes for each of {count} tokens", (len(probe.raw) - written) / count, "", reach)
        row("... tokens a second, really", count / (painted - start), "/s")
        row("... CPU for each", (probe.cpu() - cpu) / count * 1000, "ms", cpu_reach)
        probe.until(lambda: bool(sent))
        row("... last token sent to last token painted", max(painted - sent[0], 0.0), "s", 0.1)


def _note_end(server: FakeServer, sent: list[float]) -> None:
    with server.changed:
        server.changed.wait_for(lambda: server.finished >= 2)
    sent.append(time.perf_counter())


def report_keys(arguments: list[str]) -> None:
    with opened(*arguments, gap=0.01, tokens=1000) as (probe, _server):
        ask(probe)
        echoes, typed = [], ""
        for key in LETTERS * 6:
            echoes.append(probe.echo_ms(typed, key))
            typed += key
            probe.rest(0.07)
        assert "Lastword" not in probe.text(), "the answer was too short"
        row("key shown while 100 tokens/s stream, p95", statistics.quantiles(echoes, n=20)[-1], "ms", 50)
        badges = [badge_ms(probe, number, name) for number, name in [("2", "quotes"), ("1", "tiny:latest")] * 5]
        row("... number of a profile to its badge, p95", statistics.quantiles(badges, n=20)[-1], "ms", 150)


def badge_ms(probe: Probe, number: str, name: str) -> float:
    """From the key to the profile's name in the first line."""
    start = time.perf_counter()
    probe.keys(f"alt+{number}")
    probe.until(lambda: re.search(rf"{name} ", probe.text().splitlines()[0]) is not None)
    return (time.perf_counter() - start) * 1000


def ask(probe: Probe) -> None:
    """Until the first word of the answer is shown."""
    probe.wait("tiny:latest ●")
    probe.keys("How does it flow?", "enter")
    probe.wait("Firstword")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="starts of each app; medians are told")
    parser.add_argument("--plain-driver", action="store_true", help="without the wire")
    args = parser.parse_args()
    arguments = ["--plain-driver"] if args.plain_driver else []
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    report_start(args.runs, arguments)
    report_waiting(arguments)
    report_stream(50, 600, arguments, 60)
    report_stream(100, 600, arguments, cpu_reach=2)
    report_stream(500, 2000, arguments, 25)
    report_keys(arguments)
    print(f"missed: {', '.join(missed)}" if missed else "all reached")


if __name__ == "__main__":
    main()
