"""What llama.cpp itself says that a model takes: the sizes of its buffers, from the log of its loading."""

import json
import re
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import NamedTuple

CHILD = """
import json, sys
import xllamacpp
from docmind.agents.backends.llamacpp_child import parameters
wanted = parameters(xllamacpp, json.loads(sys.argv[1]))
wanted.verbosity = 4
server = xllamacpp.Server(wanted)
sys.stdin.read()
"""
"""As docmind's child of kind `llamacpp`, but it tells more."""
LOADED = "model loaded"
"""Behind all sizes in the log, which a thread of its own writes, later than they are known."""


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
    log = ""
    with subprocess.Popen(command, stdin=PIPE, stdout=DEVNULL, stderr=PIPE, text=True, errors="replace") as child:
        assert child.stderr
        while LOADED not in log:
            if not (line := child.stderr.readline()):
                raise AssertionError(f"llama.cpp ended with {child.wait()}: {log[-500:]}")
            log += line
        child.kill()

    def total(buffers: str) -> float:
        return sum(map(float, re.findall(rf"(?:{buffers}) buffer size = +([\d.]+) MiB", log)))

    return Sizes(total("model"), total("KV|RS"), total("compute"))
