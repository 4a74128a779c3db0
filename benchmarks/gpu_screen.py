"""What cards cost the screen, on a terminal of 120x40: python benchmarks/gpu_screen.py [--seconds 30]

`docmind` runs as its users run it, with the real binding of NVML and a driver made for this. Bytes are all that go to
the terminal while four cards tell other values every second, with nobody at the keys. The stall is the slowest of all
keys that are typed while the driver takes ten seconds for one call.
"""

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from pty_probe import FAST, Probe

from fakes.nvml import CARD, FakeDriver, build
from program import Program

CARDS, HANG_S = 4, 10.0
LETTERS = "kvxzwqj"
missed: list[str] = []


def row(what: str, value: float, unit: str, reach: float | None = None) -> None:
    """One line of the table."""
    verdict = "" if reach is None else f"reach {reach:g}{'' if value <= reach else '  MISSED'}"
    if verdict.endswith("MISSED"):
        missed.append(what)
    print(f"{what:58} {value:9.1f} {unit:5} {verdict}", flush=True)


@contextmanager
def opened(library: Path) -> Iterator[tuple[Probe, FakeDriver]]:
    """The chat on one document, without a model, once it has come to rest."""
    with tempfile.TemporaryDirectory() as home:
        program, documents = Program(Path(home) / "home"), Path(home) / "papers"
        documents.mkdir()
        (documents / "pump.md").write_text("The pump of the cooling loop is blue.\n")
        driver = FakeDriver(library, Path(home) / "driver.txt")
        driver.says(*[CARD] * CARDS)
        try:
            with Probe(program.command(documents), program.environ | driver.environment | FAST) as probe:
                probe.wait(r"GPU 3.*1 file · 1 passage")
                probe.rest(3)
                yield probe, driver
        finally:
            program.close()


def busy(chance: random.Random) -> dict[str, object]:
    """A card at work: every value that the screen shows is another one each time."""
    used = chance.randrange(1, 16) * 10**9 + chance.randrange(10**9)
    return {
        **CARD,
        "load": chance.randrange(101),
        "memory": f"{used}/16000000000",
        "temperature": chance.randrange(35, 84),
        "power": chance.randrange(20_000, 320_000),
        "throttle": 0,
    }


@contextmanager
def changing(driver: FakeDriver) -> Iterator[None]:
    """Every second, in a thread: the values do not wait for the screen."""
    ended, chance = threading.Event(), random.Random(1)

    def change() -> None:
        while not ended.wait(1):
            driver.says(*(busy(chance) for _ in range(CARDS)))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def report_bytes(library: Path, seconds: float) -> None:
    """With the sidebar, then with the hardware screen on top of it."""
    with opened(library) as (probe, driver), changing(driver):
        probe.rest(3)
        cpu, written = probe.cpu(), len(probe.raw)
        probe.rest(seconds)
        row(f"{CARDS} cards, other values every second: bytes", (len(probe.raw) - written) / seconds, "/s", 400)
        row("... CPU of the screen's process", (probe.cpu() - cpu) / seconds * 100, "%")
        probe.keys("f12")
        probe.wait("Esc closes")
        probe.rest(3)
        written = len(probe.raw)
        probe.rest(seconds)
        row("... with the hardware screen open: bytes", (len(probe.raw) - written) / seconds, "/s")


def report_stall(library: Path) -> None:
    """Keys all the while that a call of the driver takes ten seconds."""
    with opened(library) as (probe, driver):
        before = slowest(probe, 3.0)
        driver.says(*[CARD] * CARDS, hang=1)
        while_hanging = slowest(probe, HANG_S)
        driver.says(*[CARD] * (CARDS - 1), {**CARD, "temperature": 55})
        began = time.perf_counter()
        probe.wait("55 °C")
        row("slowest key while the driver answers", before, "ms")
        row(f"slowest key while a call takes {HANG_S:g} s", while_hanging, "ms", 50)
        row("... from its answer to the new values", time.perf_counter() - began, "s")


def slowest(probe: Probe, seconds: float) -> float:
    """Of all keys of so many seconds; the prompt is empty before and after."""
    end, worst, typed = time.monotonic() + seconds, 0.0, ""
    while time.monotonic() < end:
        if len(typed) == 40:
            probe.keys("ctrl+u")
            probe.until(lambda: LETTERS not in probe.text())
            typed = ""
        key = LETTERS[len(typed) % len(LETTERS)]
        worst = max(worst, probe.echo_ms(typed, key))
        typed += key
        probe.rest(0.03)
    probe.keys("ctrl+u")
    probe.wait("Ask about your documents")
    return worst


def main() -> int:
    """Status 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30, help="over which bytes are counted")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        library = build(Path(folder))
        if library is None:
            print("no C compiler (cc, gcc) to build the driver")
            return 1
        report_stall(library)
        report_bytes(library, options.seconds)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    print(f"missed: {', '.join(missed)}" if missed else "all reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
