"""Where llama.cpp put a model, as its log says while it loads."""

import re
from collections.abc import Iterable

from ..views import LoadedModel, percent

_BUFFER = re.compile(r"(\S+) +(?:model|KV|RS|compute|output) buffer size = +([\d.]+) MiB")
_LAYERS = re.compile(r"offloaded (\d+)/(\d+) layers to GPU")
_IN_RAM = re.compile(r"^CPU|_Host$")
"""Buffers of the CPU, and those of the machine's memory that a GPU reads from."""


def placed(lines: Iterable[str], model: str) -> LoadedModel:
    """The model with its sizes. How much of it is on the GPU counts by layers: some of it is in RAM in any case."""
    sizes: dict[bool, float] = {True: 0.0, False: 0.0}
    share: int | None = 0
    for line in lines:
        if buffer := _BUFFER.search(line):
            sizes[bool(_IN_RAM.search(buffer[1]))] += float(buffer[2])
        if layers := _LAYERS.search(line):
            share = percent(int(layers[1]), int(layers[2]))
    if not any(sizes.values()):
        return LoadedModel(model=model)
    ram, vram = (round(2**20 * sizes[where]) for where in (True, False))
    return LoadedModel(model=model, size=ram + vram, vram=vram, gpu_percent=share)
