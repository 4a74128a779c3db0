"""The machine, its graphics cards and their driver, and what compute capability means for the engines."""

import os
from collections.abc import Iterator, Mapping

from ..hardware.gpu import Gpu, Reading
from ..hardware.limits import Limits
from ..hardware.machine import Machine
from ..text import one_line
from .findings import Finding

VLLM, BF16, FP8 = (7, 0), (8, 0), (8, 9)
"""Compute capability from which vLLM runs, bfloat16 is computed, and FP8 is (vLLM's and NVIDIA's own tables)."""


def hardware(reading: Reading, machine: Machine) -> list[Finding]:
    """Findings for the machine, each card, and the driver."""
    free = (machine.memory_total - machine.memory_used) / 1e9
    cores = os.cpu_count() or 1
    told = f"{cores} CPU core{'s' * (cores != 1)}, {machine.memory_total / 1e9:.0f} GB RAM, {free:.0f} GB of it free"
    found = [Finding(level="ok", what="machine", why=told)]
    limits = Limits()
    limits.take(reading.gpus)
    for gpu in reading.gpus:
        found += [*_card(gpu), *_warnings(gpu, limits)]
    if reading.driver:
        told = reading.driver + (f", for CUDA up to {reading.cuda}" if reading.cuda else "")
        found.append(Finding(level="ok", what="GPU driver", why=told))
    if reading.problem:
        do = "Until then models run on the CPU, or on the cards that answer."
        found.append(Finding(level="problem", what="GPU driver", why=reading.problem, do=do))
    elif not reading.gpus:
        why = "No graphics card with a driver was found: models run on the CPU."
        found.append(Finding(level="note", what="GPU", why=why, do="With an NVIDIA card, install its driver."))
    return found


def _card(gpu: Gpu) -> Iterator[Finding]:
    memory = f", {gpu.memory_total / 1e9:.0f} GB" if gpu.memory_total else ""
    told = "compute capability " + ("{}.{}".format(*gpu.capability) if gpu.capability else "not told")
    if gpu.capability is None or gpu.capability >= FP8:
        runs = ": vLLM, bfloat16, FP8" if gpu.capability else ""
        yield Finding(level="ok", what=f"GPU {gpu.index}", why=f"{gpu.name}{memory}, {told}{runs}")
        return
    yield Finding(level="ok", what=f"GPU {gpu.index}", why=f"{gpu.name}{memory}")
    missing = [
        word
        for least, word in ((VLLM, "vLLM does not run on it"), (BF16, "no bfloat16"), (FP8, "no FP8"))
        if gpu.capability < least
    ]
    do = "Use llama.cpp or Ollama." if gpu.capability < VLLM else "Choose a quantisation other than FP8."
    if VLLM <= gpu.capability < BF16:
        do = "Start vLLM with --dtype float16, and a quantisation other than FP8."
    why = f"{told.capitalize()}: {', '.join(missing)}."
    yield Finding(level="note", what=f"GPU {gpu.index}", why=why, do=do)


def _warnings(gpu: Gpu, limits: Limits) -> Iterator[Finding]:
    """By the same limits as in the sidebar."""
    told = [
        (limits.hot, f"It is hot: {gpu.temperature} °C.", "Give it air; a smaller model or fewer layers work it less."),
        (limits.full, "Its memory is nearly full.", "`docmind gpu` shows who holds it."),
        (
            limits.held,
            f"It is slowed down by {', '.join(gpu.throttle or ())}.",
            "Look at its fans and its power supply; docmind never changes its settings.",
        ),
    ]
    for cards, why, do in told:
        if gpu.index in cards:
            yield Finding(level="note", what=f"GPU {gpu.index}", why=why, do=do)


_UNREAD = {
    "OLLAMA_GPU_LAYERS": "Ollama does not read it. In a profile: options.num_gpu.",
    "LLAMA_CUBLAS": 'It is an old name. For a build of llama.cpp: CMAKE_ARGS="-DGGML_CUDA=on".',
}
"""Variables that guides on the net name, and what to say instead."""
_HIDING = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")


def environment(environ: Mapping[str, str], reading: Reading) -> list[Finding]:
    """Variables that do nothing, or that hide cards which docmind shows."""
    found = [
        Finding(level="note", what="environment", why=f"{name} is set.", do=do)
        for name, do in _UNREAD.items()
        if name in environ
    ]
    for name in _HIDING:
        if reading.gpus and name in environ:
            value = one_line(environ[name], 80) or "(empty)"
            why = f"{name}={value}: engines that are started here see only these cards."
            found.append(Finding(level="note", what="environment", why=why, do=f"To use all of them: unset {name}"))
    return found
