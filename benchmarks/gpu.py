"""What reading the hardware costs: python benchmarks/gpu.py [--samples 1000000]

The real binding of NVML asks a driver made for this, with eight cards that answer everything. Growth is that of the
process over so many samples, read and kept as the sidebar does; that takes some minutes.
"""

import argparse
import ctypes
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import psutil
import pynvml

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from docmind.agents.hardware.gpu import Reading
from docmind.agents.hardware.nvml import NvmlReader
from docmind.agents.hardware.watching import INTERVAL_S, Sample
from docmind.tui.widgets.sidebar_rows import Known, rows
from fakes.nvml import CARD, FakeDriver, build

CARDS = 8
missed: list[str] = []


def row(what: str, value: float, unit: str, reach: float) -> None:
    """One line of the table."""
    print(f"{what:<58}{value:>10.2f} {unit:<9}reach {reach:g}")
    if value > reach:
        missed.append(what)


def measure_reading(rounds: int = 200) -> None:
    """Wall and CPU time of one sample of all cards."""
    reader = NvmlReader()
    assert len(reader.read().gpus) == CARDS
    took = []
    cpu = time.process_time()
    for _ in range(rounds):
        began = time.perf_counter()
        reader.read()
        took.append(time.perf_counter() - began)
    cpu = (time.process_time() - cpu) / rounds
    row(f"one sample of {CARDS} cards, median", 1000 * statistics.median(took), "ms", 5)
    row("... of a core, once a second", 100 * cpu, "%", 0.2)
    print(f"... of a core, every {INTERVAL_S:g} s as the sidebar reads{100 * cpu / INTERVAL_S:>24.2f} %")


def measure_growth(samples: int) -> None:
    """RSS after so many samples of one card, kept and shown with values that change, beside that after a thousand."""
    process, reader, known = psutil.Process(), NvmlReader(), Known()
    start = 0
    for number in range(samples):
        (gpu,) = reader.read().gpus
        gpu = msgspec.structs.replace(gpu, load=number % 101, temperature=40 + number % 60, power=float(number % 300))
        known.take(Sample(Reading([gpu]), None))
        if number % 10 == 0:
            rows(known)
        if number == 1000:
            start = process.memory_info().rss
    row(f"growth of memory over {samples:,} samples", (process.memory_info().rss - start) / 2**20, "MB", 5)


def main() -> int:
    """Status 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000, help="for the growth of memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = build(Path(folder))
        if library is None:
            print("no C compiler (cc, gcc) to build the driver")
            return 1
        driver = FakeDriver(library, Path(folder) / "driver.txt")
        driver.says(*([CARD] * CARDS), driver="570.1", cuda=12080)
        os.environ.update(driver.environment)
        pynvml.nvmlLib = ctypes.CDLL(str(library))
        measure_reading()
        driver.says(CARD, driver="570.1", cuda=12080)
        measure_growth(options.samples)
    print("missed: " + ", ".join(missed) if missed else "all reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
