"""The forecast: what a model needs, what there is, and how much of it fits where."""

from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from ...errors import Code, DocmindError
from ...records import Verdict
from .memory import Memory, Pool
from .shape import KV_BYTES, Shape

CONTEXT = 8192
"""Tokens, where nobody names a window: what docmind asks a server for."""
_LEAST_SHARE = 0.5
"""Of the layers on the GPUs for `partly`. With fewer, a token takes more than half of the time that the CPU alone would
take: the model runs, hardly faster for its GPU."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How the model shall run."""

    context: int = CONTEXT
    """Tokens."""
    kv: str = "f16"
    """Type of the KV cache: a key of KV_BYTES."""
    tensor_parallel: int = 1
    """GPUs that share every layer (vLLM); 1: each layer is on one of them."""
    all_on_gpus: bool = False
    """Whether nothing may stay in RAM, as vLLM wants it; always with more than one GPU for each layer."""


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes."""

    weights: int
    kv: int
    compute: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.compute


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be expected."""

    verdict: Verdict
    need: Need
    free: int
    """Bytes that are free now, on the GPUs or, without one, in RAM."""
    gpu_layers: int
    """How many of the layers find room on the GPUs, next to the output."""
    layers: int


class _Placed(NamedTuple):
    """How far the memory of the GPUs goes."""

    units: int
    """Layers on the GPUs, the output counted as one."""
    rest: int
    """Bytes that stay for the RAM."""
    taken: tuple[int, ...]
    """Bytes of each GPU."""


def forecast(shape: Shape, memory: Memory, wish: Wish) -> Forecast:
    """What happens when the model is loaded now. Raises DocmindError (USAGE) for what this machine cannot do at all."""
    if wish.kv not in KV_BYTES:
        known = ", ".join(KV_BYTES)
        raise DocmindError(Code.USAGE, f"There is no KV cache of that type; known: {known}.", "Name one of them.")
    compute = shape.compute(wish.context)
    need = Need(weights=shape.weights, kv=shape.cache(wish.context, wish.kv), compute=compute)
    place = _share if wish.all_on_gpus or wish.tensor_parallel > 1 else _split
    on_gpu, verdict = place(shape, memory, wish, need)
    return Forecast(verdict=verdict, need=need, free=memory.free, gpu_layers=on_gpu, layers=len(shape.layers))


def with_loaded(shape: Shape, memory: Memory, wish: Wish) -> Memory:
    """What there is once the model is loaded, as llama.cpp places it."""
    compute = shape.compute(wish.context)
    if not memory.gpus:
        return _less(memory, shape.weights + shape.cache(wish.context, wish.kv) + compute, ())
    placed = _place(shape, memory.gpus, wish, compute)
    return _less(memory, placed.rest, placed.taken)


def _less(memory: Memory, ram: int, gpus: tuple[int, ...]) -> Memory:
    cards = (replace(gpu, free=gpu.free - taken) for gpu, taken in zip(memory.gpus, gpus, strict=True))
    return Memory(ram=replace(memory.ram, free=memory.ram.free - ram), gpus=tuple(cards))


def _split(shape: Shape, memory: Memory, wish: Wish, need: Need) -> tuple[int, Verdict]:
    """(layers on the GPUs, verdict), each layer being on one GPU or in RAM, as llama.cpp does it."""
    layers = len(shape.layers)
    if not memory.gpus:
        return 0, "fits" if need.total <= memory.ram.room else "no"
    placed = _place(shape, memory.gpus, wish, need.compute)
    on_gpu = max(0, placed.units - 1)
    if placed.rest > memory.ram.room:
        return on_gpu, "no"
    if placed.units > layers:
        return layers, "fits"
    return on_gpu, "partly" if on_gpu >= _LEAST_SHARE * layers else "no"


def _place(shape: Shape, gpus: tuple[Pool, ...], wish: Wish, compute: int) -> _Placed:
    """Fills one GPU after the other, from the output backwards: that is the order of llama.cpp's n_gpu_layers."""
    costs = [shape.output] + [layer.weights + layer.cache(wish.context, wish.kv) for layer in reversed(shape.layers)]
    count, taken = 0, list[int]()
    for gpu in gpus:
        room, before = gpu.room - compute, count
        while count < len(costs) and costs[count] <= room:
            room -= costs[count]
            count += 1
        taken.append(gpu.room - room if count > before else 0)
    left = sum(costs[count:])
    return _Placed(count, shape.embedding + left + (compute if left else 0), tuple(taken))


def _share(shape: Shape, memory: Memory, wish: Wish, need: Need) -> tuple[int, Verdict]:
    """The same where each of the GPUs holds an equal share of every layer, as vLLM does it: all of them, or none."""
    wanted, here = wish.tensor_parallel, len(memory.gpus)
    if wanted > here:
        have = "1 GPU" if here == 1 else f"{here or 'no'} GPUs"
        message = f"tensor_parallel = {wanted} needs {wanted} GPUs; this machine has {have}."
        if wanted == 1:
            message = "vLLM keeps a model wholly on GPUs, and this machine has none."
        hint = f"Set it to at most {here}." if here else "Let llama.cpp or Ollama run a model: they need no GPU."
        raise DocmindError(Code.USAGE, message, memory.problem or hint)
    if shape.heads % wanted:
        message = f"{shape.heads} attention heads cannot be divided among {wanted} GPUs."
        raise DocmindError(Code.USAGE, message, "Set tensor_parallel to a number that divides them.")
    best = sorted((gpu.room for gpu in memory.gpus), reverse=True)[:wanted]
    fits = (need.weights + need.kv) / wanted + need.compute <= best[-1]
    return (len(shape.layers), "fits") if fits else (0, "no")
