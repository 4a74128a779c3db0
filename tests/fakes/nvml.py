"""An NVIDIA driver that says what a test wants, to the real binding: `nvml.c`, compiled, and the file it reads."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

CARD: Mapping[str, object] = {
    "name": "Fake Card 16",
    "load": 87,
    "memory": "12100000000/16000000000",
    "temperature": 71,
    "slowdown": 93,
    "power": 244_000,
    "power_limit": 320_000,
    "clock": 1905,
    "clock_limit": 2100,
    "memory_clock": 7001,
    "fan": 43,
    "throttle": 0x04,
    "pcie_generation": 4,
    "pcie_width": 16,
    "mig": 0,
    "capability": "8.6",
    "processes": "4711:8000000000,4712:1000000000",
    "drawing": "12:-",
}
"""One that answers everything. Bytes as used/total, degrees Celsius, milliwatts, MHz, bits, pid:bytes."""


def build(folder: Path) -> Path | None:
    """The library, compiled into `folder` under the name that the binding looks for; None without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    library = folder / "libnvidia-ml.so.1"
    source = Path(__file__).with_name("nvml.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source], check=True)
    return library


class FakeDriver:
    """What the driver says from now on is what `says` was called with last."""

    def __init__(self, library: Path, file: Path) -> None:
        self.library, self.file = library, file
        self.says(CARD)

    @property
    def environment(self) -> dict[str, str]:
        """For a program that shall find this driver."""
        return {"LD_LIBRARY_PATH": str(self.library.parent), "FAKE_NVML": str(self.file)}

    def says(self, *cards: Mapping[str, object], **whole: object) -> None:
        """`cards` are as CARD; `whole`: init="!9", count=..., hang=1. An error is "!" and NVML's number of it."""
        lines = {"count": len(cards)} | whole
        lines |= {f"{index}.{what}": value for index, card in enumerate(cards) for what, value in card.items()}
        written = self.file.with_suffix(".new")
        text = "".join(f"{key} {value}\n" for key, value in lines.items())
        written.write_bytes(text.encode("utf-8", "surrogateescape"))
        written.replace(self.file)  # whole at every moment: the driver reads at any time
