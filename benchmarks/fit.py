"""The forecast of `docmind fit` against what llama.cpp itself reports: python benchmarks/fit.py

GGUF files of six shapes with weights of zero are loaded by the llama.cpp that docmind runs, with three contexts and
three types of the KV cache; then some of other widths, once each. Weights, KV cache and compute buffers are compared
each by itself, in MiB. One that is off by more than 10 % is marked, and the exit status is 1.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from docmind.agents.hardware.fit.facts import shape_of
from docmind.agents.hardware.fit.gguf import read_header
from fakes import models
from fakes.llamacpp_log import Sizes, reported

REACH = 0.10
CONTEXTS, KV_TYPES = (2048, 8192, 32768), ("f16", "q8_0", "q4_0")
OTHER_WIDTHS: dict[str, Callable[[], Any]] = {
    "gqa wide": lambda: models.llama(1536, 4, 12, 2, 4096),
    "gqa slim": lambda: models.llama(1024, 4, 16, 16, 640),
    "moe 6 of 24": lambda: models.mixture(width=768, wide=256, count=24, used=6),
    "moe 2 of 8": lambda: models.mixture(width=1024, wide=1792, count=8, used=2),
    "moe 6 of 32": lambda: models.mixture(width=640, wide=224, count=32, used=6),
    "mla 24": lambda: models.latent(heads=24, lora=384, wide=1024),
    "mla 48": lambda: models.latent(heads=48, lora=512, wide=1024),
    "hybrid wide": lambda: models.hybrid(width=1024, wide=2048, state=64),
    "hybrid 1280": lambda: models.hybrid(width=1280, wide=3072, state=128),
}


def main() -> int:
    """Prints a row a model and a context; returns the exit status."""
    worst = 0.0
    parts = ("weights", "KV cache", "compute")
    print(
        f"{'shape':11} {'context':>7} {'type':5}" + "".join(f"{part:>12}{'llama.cpp':>11}{'off':>8}" for part in parts)
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, shape in {**models.SHAPES, **OTHER_WIDTHS}.items():
            path = models.write_model(Path(folder) / "model.gguf", shape())
            few = name in OTHER_WIDTHS
            for context in CONTEXTS[1:2] if few else CONTEXTS:
                for kv in KV_TYPES[:1] if few else KV_TYPES:
                    worst = max(worst, compare(name, path, context, kv))
            path.unlink()
    print(f"\nworst: {worst:.1%}; to reach: {REACH:.0%}")
    return int(worst > REACH)


def compare(name: str, path: Path, context: int, kv: str) -> float:
    """Prints a row; returns the largest deviation."""
    shape, mib = shape_of(read_header(path), name), 1 << 20
    ours = Sizes(shape.weights / mib, shape.cache(context, kv) / mib, shape.compute(context) / mib)
    theirs = reported(path, context, kv)
    off = [mine / real - 1 for mine, real in zip(ours, theirs, strict=True)]
    cells = "".join(f"{mine:12.2f}{real:11.2f}{each:+8.1%}" for mine, real, each in zip(ours, theirs, off, strict=True))
    print(f"{name:11} {context:7} {kv:5}{cells}{'  missed' if max(map(abs, off)) > REACH else ''}", flush=True)
    return max(map(abs, off))


if __name__ == "__main__":
    sys.exit(main())
