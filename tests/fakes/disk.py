"""A disk whose Nth change fails: `disk.c`, compiled, preloaded into a program of its own."""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def build(folder: Path) -> Path | None:
    """The library, compiled into `folder`; None without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return library


def run(library: Path, folder: Path, module: str, *arguments: str) -> str:
    """What `python -m module` prints on such a disk, which is everything below `folder`."""
    environment = os.environ | {"LD_PRELOAD": str(library), "FAKE_DISK": str(folder), "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout


def arm(nth: int, error: int, lasts: bool) -> None:
    """In such a program: the `nth` change from now on fails so; 0: none does."""
    ctypes.CDLL(None).fake_disk_arm(nth, error, lasts)


def calls() -> int:
    """In such a program: how many changes there were since it was armed."""
    return int(ctypes.CDLL(None).fake_disk_calls())
