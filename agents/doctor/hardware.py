"""The graphics cards, and what their compute capability means for the engines."""

from collections.abc import Iterator

from ..hardware.gpu import Gpu, Reading
from .findings import Finding

VLLM, BF16, FP8 = (7, 0), (8, 0), (8, 9)
"""Compute capability from which vLLM runs, bfloat16 is computed, and FP8 is (vLLM's and NVIDIA's own tables)."""


def hardware(reading: Reading) -> list[Finding]:
    """A finding for each card, and one for a driver that does not tell."""
    found = [finding for gpu in reading.gpus for finding in _card(gpu)]
    if reading.problem:
        do = "Until then models run on the CPU, or on the cards that answer."
        found.append(Finding(level="problem", what="GPU driver", why=reading.problem, do=do))
    elif not reading.gpus:
        why = "No graphics card with a driver was found: models run on the CPU."
        found.append(Finding(level="note", what="GPU", why=why, do="With an NVIDIA card, install its driver."))
    return found


def _card(gpu: Gpu) -> Iterator[Finding]:
    memory = f", {gpu.memory_total / 1e9:.0f} GB" if gpu.memory_total else ""
    yield Finding(level="ok", what=f"GPU {gpu.index}", why=f"{gpu.name}{memory}")
    if gpu.capability is None or gpu.capability >= FP8:
        return
    told = "{}.{}".format(*gpu.capability)
    missing = [
        word
        for least, word in ((VLLM, "vLLM does not run on it"), (BF16, "no bfloat16"), (FP8, "no FP8"))
        if gpu.capability < least
    ]
    do = "Use llama.cpp or Ollama." if gpu.capability < VLLM else "Choose a quantisation other than FP8."
    if gpu.capability < BF16:
        do = do if gpu.capability < VLLM else "Start vLLM with --dtype float16."
    yield Finding(level="note", what=f"GPU {gpu.index}", why=f"Compute capability {told}: {', '.join(missing)}.", do=do)
