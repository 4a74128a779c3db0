"""What a profile of kind `llamacpp` gives up when memory runs out: the next rung of a ladder, the cheapest one first.

The KV cache in q8_0, then in q4_0; half of the window, as often as the question bears it; fewer layers on the GPU, then
none. A rung stands on those before it.
"""

from collections.abc import Iterator

import msgspec

from ...settings import KvType, Profile
from .forecast import CONTEXT, Wish, forecast
from .memory import Memory, read_memory
from .profiles import shape as read_shape
from .profiles import wish
from .shape import Shape

_KV: tuple[KvType, ...] = ("f16", "q8_0", "q4_0")


def smaller(profile: Profile, least: int, *, on_gpu: bool = False, memory: Memory | None = None) -> Profile | None:
    """The next rung that changes something and may fit; None: there is none. Waits: call it in a thread.

    `least`: tokens that the window must keep. `on_gpu`: a GPU lacks memory, be it one that docmind cannot read.
    """
    memory = memory or read_memory()
    return next(rungs(profile, read_shape(profile), memory, least, on_gpu or bool(memory.gpus)), None)


def rungs(profile: Profile, shape: Shape | None, memory: Memory, least: int, has_gpu: bool) -> Iterator[Profile]:
    """Those that may fit, as far as the model's shape is known."""
    for rung in _rungs(profile, shape, memory, least, has_gpu):
        if shape is None or _may_fit(rung, shape, memory):
            yield rung


def halved(context: int, least: int) -> int | None:
    """Half of a window in tokens; None where that would be less than `least`."""
    return context // 2 if context // 2 >= least else None


def fewer(now: int, every: int, room: int | None = None) -> int:
    """Layers on the GPU: what finds `room`, else half of them; 0 where less than half of all `every` would stay there.

    Below that a model runs hardly faster than on the CPU alone: see `forecast`.
    """
    wanted = room if room is not None and room < now else (now + 1) // 2
    return wanted if wanted < now and 2 * wanted >= every else 0


def _rungs(profile: Profile, shape: Shape | None, memory: Memory, least: int, has_gpu: bool) -> Iterator[Profile]:
    if shape is None or shape.quantises_kv:
        for kv in _KV[_KV.index(profile.kv_cache) + 1 :]:
            profile = msgspec.structs.replace(profile, kv_cache=kv)
            yield profile
    context = wish(profile, shape).context if shape else profile.context or CONTEXT
    while half := halved(context, least):
        context = half
        profile = msgspec.structs.replace(profile, context=context)
        yield profile
    if has_gpu and profile.gpu_layers != 0:
        if shape and (layers := _fewer_layers(profile, shape, memory)):
            profile = msgspec.structs.replace(profile, gpu_layers=layers)
            yield profile
        yield msgspec.structs.replace(profile, gpu_layers=0)


def _fewer_layers(profile: Profile, shape: Shape, memory: Memory) -> int:
    room = forecast(shape, memory, wish(profile, shape)).gpu_layers + 1 if memory.gpus else None
    return fewer(_units(profile, shape), len(shape.layers) + 1, room)


def _units(profile: Profile, shape: Shape) -> int:
    """Layers on the GPU, the output counted as one, as llama.cpp does it."""
    every = len(shape.layers) + 1
    return every if profile.gpu_layers in ("auto", -1) else min(int(profile.gpu_layers), every)


def _may_fit(profile: Profile, shape: Shape, memory: Memory) -> bool:
    """Whether all that is free could hold it: unlike a verdict, this keeps no room for others."""
    wanted, ram, gpu = wish(profile, shape), memory.ram.free, sum(pool.free for pool in memory.gpus)
    total = shape.weights + shape.cache(wanted.context, wanted.kv) + shape.compute(wanted.context)
    if profile.gpu_layers == "auto":  # llama.cpp puts each layer where there is room
        return total <= ram + gpu
    held = _on_gpu(profile, shape, wanted) if memory.gpus else 0
    return held <= gpu and total - held <= ram


def _on_gpu(profile: Profile, shape: Shape, wanted: Wish) -> int:
    """Bytes of the layers that the profile puts on the GPU, the last ones first, and of what they compute with."""
    costs = [shape.output, *(layer.weights + layer.cache(wanted.context, wanted.kv) for layer in shape.layers[::-1])]
    units = _units(profile, shape)
    return sum(costs[:units]) + (shape.compute(wanted.context) if units else 0)
