"""Little memory for the children of llama.cpp: `memory.c`, compiled, and what it obeys."""

import os
import shutil
import subprocess
from pathlib import Path

MIB = 2**20


def build(folder: Path) -> Path | None:
    """The library, compiled into `folder`; None without a C compiler, or elsewhere than on Linux."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or os.uname().sysname != "Linux":
        return None
    library = folder / "memory.so"
    source = Path(__file__).with_name("memory.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source], check=True)
    return library


def short(library: Path, mib: float) -> dict[str, str]:
    """For the environment: no part of a model gets more than so many MiB."""
    return {"LD_PRELOAD": str(library), "MOST_BYTES": str(int(mib * MIB))}
