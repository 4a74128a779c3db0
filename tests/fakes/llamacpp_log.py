"""What llama.cpp itself says that a model takes: the sizes of its buffers, from the log of its loading."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

CHILD = """
import json, os, sys
import xllamacpp
from docmind.agents.backends.llamacpp_child import parameters
wanted = parameters(xllamacpp, json.loads(sys.argv[1]))
wanted.verbosity = 4
server = xllamacpp.Server(wanted)
os._exit(0)
"""
"""As docmind's child of kind `llamacpp`, but it tells more, and ends once the model is loaded."""


class Sizes(NamedTuple):
    """MiB, with two digits, as llama.cpp prints them."""

    weights: float
    kv: float
    compute: float


def reported(path: Path, context: int, kv: str) -> Sizes:
    """Loads the model."""
    config = {"path": str(path), "alias": "model", "key": "key", "context": context, "gpu_layers": "auto"}
    config |= {"kv_cache": kv, "threads": 1}
    command = [sys.executable, "-P", "-c", CHILD, json.dumps(config)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise AssertionError(f"llama.cpp ended with {done.returncode}: {done.stderr[-500:]}")

    def total(buffers: str) -> float:
        return sum(map(float, re.findall(rf"(?:{buffers}) buffer size = +([\d.]+) MiB", done.stderr)))

    return Sizes(total("model"), total("KV|RS"), total("compute"))
