"""A screen that is lost in mid-answer and comes back: python benchmarks/detach.py [--times 50]

`docmind` runs in a real pty against a model server that sends numbered words, 50 a second. At a random word the pty is
closed, or the screen is killed, in turn; docmind is started again on the same folder, at once or when the answer is
done. Told: words missing or doubled in the whole answer as the screen shows it then; how long it took from the start of
the program, and from its first paint, until the text was there.
"""

import argparse
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from pty_probe import FAST, Probe

from fakes import FakeServer
from program import Program

PROMPT = "Ask about your documents"
SEARCH = 'Thought: I look.\nAction: search_documents\nAction Input: {"query": "pump"}\n'
WORDS = [f"word{n}" for n in range(200)]
PASSAGE = "The pump of the cooling loop is blue, and moves 18 litres a minute. " * 20


class Bench:
    """A home, a folder and a model server."""

    def __init__(self, home: Path, server: FakeServer) -> None:
        self.program, self.documents = Program(home / "home"), home / "papers"
        self.documents.mkdir()
        for number in range(8):
            (self.documents / f"pump{number}.md").write_text(f"# Part {number}\n\n{PASSAGE}\n")
        profile = f'kind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n'
        self.config = self.program.config(f'profile = "model"\n[profiles.model]\n{profile}')

    def screen(self) -> Probe:
        return Probe(self.program.command("--config", self.config, self.documents), self.program.environ | FAST)


@contextmanager
def bench(answer: str, gap: float) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as home, FakeServer([SEARCH, answer], gap=gap) as server:
        ready = Bench(Path(home), server)
        try:
            yield ready
        finally:
            ready.program.close()


def lose(probe: Probe, killed: bool) -> None:
    if killed:
        os.kill(probe.pid, signal.SIGKILL)
    else:
        probe.hang_up()
    os.waitpid(probe.pid, 0)
    probe.status = 129


def come_back(bench: Bench) -> tuple[float, float, Counter[str]]:
    """Seconds from the start and from the first paint to the text, and how often each word stands there at last."""
    start = time.perf_counter()
    with bench.screen() as probe:
        probe.wait(PROMPT)
        painted = time.perf_counter()
        probe.wait("word5 ")
        shown = time.perf_counter()
        probe.wait(r"word199.*\n +model · ")
        words = Counter(re.findall(r"word\d+", probe.text()))
        probe.keys("ctrl+n", "ctrl+q")
        probe.ended()
    return shown - start, shown - painted, words


def report_losses(times: int) -> None:
    from_start, from_paint, missing, doubled = list[float](), list[float](), 0, 0
    with bench("Answer: " + " ".join(WORDS), 0.02) as ready:
        for number in range(times):
            with ready.screen() as probe:
                probe.wait(PROMPT)
                probe.keys("Go", "enter")
                probe.wait(f"word{random.randrange(5, 180)} ")
                lose(probe, killed=number % 2 == 1)
            if number % 3 == 2:
                time.sleep(4)  # the answer comes while nobody looks
            begun, painted, words = come_back(ready)
            from_start.append(begun)
            from_paint.append(painted)
            missing += sum(word not in words for word in WORDS)
            doubled += sum(count - 1 for count in words.values())
            print(f"\r{number + 1} of {times}", end="", file=sys.stderr)
    print(f"\rlost and back: {times} times; tokens missing {missing}, doubled {doubled}")
    row("start of the program to the text", from_start)
    row("... from its first paint", from_paint)


def row(what: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    print(f"{what:40} median {statistics.median(ordered):6.3f} s   max {ordered[-1]:6.3f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50)
    args = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    random.seed(1)
    report_losses(args.times)


if __name__ == "__main__":
    main()
