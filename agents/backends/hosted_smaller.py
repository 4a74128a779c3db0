"""What a profile of kind `hosted` gives up when memory runs out, as far as the arguments of its class allow."""

from typing import Any

import msgspec

from ..hardware.fit.forecast import CONTEXT
from ..hardware.fit.smaller import halved, smaller
from ..settings import KvType, Profile
from .hosted_checks import LLAMA_CPP

_GGML: dict[KvType, int] = {"f16": 1, "q8_0": 8, "q4_0": 2}
"""The numbers under which llama-cpp-python knows the types of the KV cache: ggml's."""


def smaller_class(profile: Profile, window: int, least: int, *, on_gpu: bool) -> Profile | None:
    """As `smaller`; `window` in tokens as the class told it, or 0. Waits: call it in a thread."""
    if profile.class_ == LLAMA_CPP:
        return _smaller_llama_cpp(profile, least, on_gpu)
    half = halved(_context(profile) or window or CONTEXT, least)
    return _with_context(profile, half) if half else None


def _smaller_llama_cpp(profile: Profile, least: int, on_gpu: bool) -> Profile | None:
    """It runs a GGUF file as the kind `llamacpp` does, under other names."""
    kwargs: dict[str, Any] = profile.options.get("model_kwargs", {})
    types = {number: name for name, number in _GGML.items()}
    alike = Profile(
        kind="llamacpp",
        path=str(profile.options.get("model_path", "")),
        context=_context(profile) or CONTEXT,
        gpu_layers=max(-1, int(kwargs.get("n_gpu_layers", 0))),
        kv_cache=types.get(kwargs.get("type_k", _GGML["f16"]), "f16"),
    )
    rung = smaller(alike, least, on_gpu=on_gpu)
    if rung is None:
        return None
    if rung.kv_cache != alike.kv_cache:  # llama.cpp quantises the V cache only with flash attention
        number = _GGML[rung.kv_cache]
        kwargs = kwargs | {"type_k": number, "type_v": number, "flash_attn": True}
    if rung.gpu_layers != alike.gpu_layers:
        kwargs = kwargs | {"n_gpu_layers": rung.gpu_layers}
    told = msgspec.structs.replace(profile, options=profile.options | {"model_kwargs": kwargs})
    return _with_context(told, rung.context) if rung.context != alike.context and rung.context else told


def _context(profile: Profile) -> int:
    """What the class is made with: its own argument wins over the profile's setting. 0: its default."""
    return int(profile.options.get("context_window") or profile.context or 0)


def _with_context(profile: Profile, context: int) -> Profile:
    options = profile.options
    if "context_window" in options:
        options = options | {"context_window": context}
    return msgspec.structs.replace(profile, context=context, options=options)
