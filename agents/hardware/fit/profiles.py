"""What the forecast means for a profile, mostly one of kind `llamacpp`."""

from pathlib import Path
from typing import Literal

from ...errors import DocmindError
from ...records import Verdict
from ...settings import Profile
from .facts import shape_of
from .forecast import CONTEXT, Forecast, Wish, forecast
from .gguf import read_header
from .memory import Memory, read_memory
from .shape import Shape


def verdict(profile: Profile, memory: Memory | None = None) -> Verdict | None:
    """Whether the profile's file fits now, and None when its header does not tell. Waits: call it in a thread."""
    found = _forecast(profile, memory or read_memory())
    return found.verdict if found else None


def verdict_of(shape: Shape, context: int) -> Verdict:
    """Whether a model of this shape fits now. Waits: call it in a thread."""
    return forecast(shape, read_memory(), Wish(context=context)).verdict


def gpu_layers(profile: Profile, memory: Memory | None = None) -> int | Literal["auto"]:
    """The number of layers for the GPU; "auto" leaves it to llama.cpp. Waits: call it in a thread.

    llama.cpp chooses well by itself where everything fits, and it knows the GPUs that docmind cannot read: so docmind
    says a number only where a part of the model has to stay in RAM.
    """
    if profile.gpu_layers != "auto":
        return profile.gpu_layers
    memory = memory or read_memory()
    found = _forecast(profile, memory) if memory.gpus else None
    if found is None or found.verdict == "fits":
        return "auto"
    return found.gpu_layers and found.gpu_layers + 1  # it counts the output as a layer, the first one for the GPU


def wish(profile: Profile, shape: Shape) -> Wish:
    """How the profile's model runs: llama.cpp lowers a window that is larger than the model was trained for."""
    wanted = profile.context or CONTEXT
    return Wish(context=min(wanted, shape.trained_context or wanted), kv=profile.kv_cache)


def shape(profile: Profile) -> Shape | None:
    """Of the profile's file; None where its header does not tell, and llama.cpp will say what is wrong with it."""
    path = Path(profile.path).expanduser()
    try:
        return shape_of(read_header(path), path.name)
    except DocmindError:
        return None


def _forecast(profile: Profile, memory: Memory) -> Forecast | None:
    found = shape(profile)
    return forecast(found, memory, wish(profile, found)) if found else None
