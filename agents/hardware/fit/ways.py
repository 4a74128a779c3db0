"""Three concrete ways to make a model fit, each with the verdict that it brings."""

from collections.abc import Iterator

import msgspec

from ...records import Verdict
from .forecast import Wish, forecast
from .memory import TARGET, Memory
from .shape import KV_BYTES, Shape

SHOWN = 3
_CONTEXTS = (65536, 32768, 16384, 8192, 4096)
_SMALL = 8192
"""A context that questions about documents do with."""
_KV = ("q8_0", "q4_0")
_SIZES = (32, 24, 14, 12, 8, 7, 4, 3, 1)
"""Billions of parameters, of the families that there are."""
QUANTISATIONS = {"Q8_0": 8.5, "Q6_K": 6.56, "Q5_K_M": 5.67, "Q4_K_M": 4.83, "Q3_K_M": 3.89, "Q2_K": 3.0}
"""Bits of a weight, about, in a model of the Llama kind: llama.cpp's table of quantisations (tools/quantize)."""
_OF_VLLM = {"FP8": 8.0, "AWQ or GPTQ, 4 bits": 4.25}
"""The same of what vLLM runs: each group of 128 weights has a scale and a zero."""
_RANK: dict[Verdict, int] = {"fits": 0, "partly": 1, "no": 2}


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One change."""

    change: str
    verdict: Verdict


def ways(shape: Shape, memory: Memory, wish: Wish) -> list[Way]:
    """The three that help most, those that cost least first; none for a model that fits."""
    if forecast(shape, memory, wish).verdict == "fits":
        return []
    found = [_best(kind) for kind in _kinds(shape, memory, wish)]
    helping = sorted((way for way in found if way), key=lambda way: _RANK[way.verdict])
    return helping[:SHOWN]


def _best(kind: Iterator[Way]) -> Way | None:
    """The gentlest change of a kind that reaches the best verdict of that kind."""
    return min(kind, key=lambda way: _RANK[way.verdict], default=None)


def _kinds(shape: Shape, memory: Memory, wish: Wish) -> list[Iterator[Way]]:
    """The gentlest kind first; each gives its changes from the gentlest to the hardest."""

    def way(change: str, *, of: Shape = shape, by: Wish = wish, there: Memory = memory) -> Way:
        return Way(change=change, verdict=forecast(of, there, by).verdict)

    kv_types = () if _is_shared(wish) else _KV
    smaller_kv = [kv for kv in kv_types if KV_BYTES[kv] < KV_BYTES[wish.kv]]
    halved = msgspec.structs.replace(wish, kv=min([wish.kv, *kv_types[:1]], key=KV_BYTES.__getitem__))
    contexts = [context for context in _CONTEXTS if context < wish.context]
    frugal = msgspec.structs.replace(halved, context=min(wish.context, _SMALL))
    both = f"context = {frugal.context}" + ("" if frugal.kv == wish.kv else f", kv_cache = {frugal.kv}")
    empty = Memory(ram=memory.ram, gpus=tuple(gpu.emptied for gpu in memory.gpus))
    return [
        (way(f"kv_cache = {kv}", by=msgspec.structs.replace(wish, kv=kv)) for kv in smaller_kv),
        (way(f"context = {each}", by=msgspec.structs.replace(wish, context=each)) for each in contexts),
        (
            way(f"context = {each}, kv_cache = {halved.kv}", by=msgspec.structs.replace(halved, context=each))
            for each in contexts
            if halved != wish
        ),
        (
            way(f"tensor_parallel_size = {n}", by=msgspec.structs.replace(wish, tensor_parallel=n))
            for n in range(wish.tensor_parallel + 1, len(memory.gpus) + 1)
            if _is_shared(wish) and shape.heads % n == 0
        ),
        (way("end the other programs on the GPU", there=empty) for _ in memory.gpus[:1] if _is_held(memory)),
        (way(f"quantisation {name}", of=other) for name, other in _requantised(shape, wish)),
        (
            way(f"quantisation {name}, {both}", of=other, by=frugal)
            for name, other in _requantised(shape, wish)
            if frugal != wish
        ),
        _layers(shape, memory, wish),
        (way(change, of=other) for change, other in _smaller(shape, wish)),
        (way(f"{change}, {both}", of=other, by=frugal) for change, other in _smaller(shape, wish) if frugal != wish),
        _more_memory(shape, memory, wish),
    ]


def _is_held(memory: Memory) -> bool:
    """Whether other programs hold a share of the GPUs that is worth a word."""
    return sum(gpu.total - gpu.free for gpu in memory.gpus) > 0.05 * sum(gpu.total for gpu in memory.gpus)


def _is_shared(wish: Wish) -> bool:
    """Whether the GPUs have to hold all of it: then vLLM runs it."""
    return wish.all_on_gpus or wish.tensor_parallel > 1


def _requantised(shape: Shape, wish: Wish) -> Iterator[tuple[str, Shape]]:
    """The model in each smaller quantisation."""
    bits = 8 * shape.weights / shape.parameters if shape.parameters else 0
    for name, fewer in (_OF_VLLM if _is_shared(wish) else QUANTISATIONS).items():
        if fewer < 0.97 * bits:
            yield name, shape.scaled(fewer / bits)


def _layers(shape: Shape, memory: Memory, wish: Wish) -> Iterator[Way]:
    """As many layers on the GPU as find room, the rest in RAM."""
    found = forecast(shape, memory, wish)
    if found.gpu_layers and not _is_shared(wish):
        change = f"gpu_layers = {found.gpu_layers}, the other {found.layers - found.gpu_layers} in RAM"
        yield Way(change=change, verdict=found.verdict)


def _smaller(shape: Shape, wish: Wish) -> Iterator[tuple[str, Shape]]:
    """Other models. Their caches are thinner, too: in a family they grow about with the root of the parameters."""
    for billions in _SIZES:
        factor = billions * 1e9 * QUANTISATIONS["Q4_K_M"] / 8 / shape.weights if shape.weights else 1
        share = billions * 1e9 / shape.parameters if shape.parameters else factor  # of one that is as tightly quantised
        if share < 1 and shape.weights:
            there = shape.scaled(factor)
            layers = tuple(
                msgspec.structs.replace(one, k=int(one.k * share**0.5), v=int(one.v * share**0.5))
                for one in there.layers
            )
            kind = "in 4 bits" if _is_shared(wish) else "as Q4_K_M"
            yield f"a model of {billions} B parameters {kind}", msgspec.structs.replace(there, layers=layers)


def _more_memory(shape: Shape, memory: Memory, wish: Wish) -> Iterator[Way]:
    """What a machine would need."""
    size = -(-forecast(shape, memory, wish).need.total / TARGET // 1e9)
    yield Way(change=f"{'a GPU with' if memory.gpus else 'RAM of'} {size:.0f} GB", verdict="fits")
