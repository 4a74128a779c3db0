"""What a model server tells about itself, in words: where its models are, and what it does."""

import time
from collections.abc import Iterator

from docmind.agents.text import one_line
from docmind.agents.views import Load, LoadedModel, Traffic, View

from .amounts import GB

MOST_MODELS = 4
"""Of a server, that are named."""
NOT_LOADED = "not loaded"


def badge(model: LoadedModel) -> str:
    """`GPU`, `GPU 62 %` where a part of it is in RAM, `CPU`; empty where nobody tells."""
    if model.gpu_percent is None:
        return ""
    return {"gpu": "GPU", "partly": f"GPU {model.gpu_percent} %", "cpu": "CPU"}[model.place or "cpu"]


def size(model: LoadedModel) -> str:
    """`8.2 GB`; of one that is partly on the GPU, or nobody knows how much of it, `5.1 of 8.2 GB`."""
    if model.size is None:
        return ""
    part = f"{model.vram / GB:.1f} of " if model.vram and model.place in ("partly", None) else ""
    return f"{part}{model.size / GB:.1f} GB"


def expiry(model: LoadedModel) -> str:
    """`unloads in 4 min`: whole minutes, so that it changes rarely; empty where it stays."""
    if model.expires_at is None:
        return ""
    minutes = max(model.expires_at - time.time(), 0.0) / 60
    return "unloads soon" if minutes < 1 else f"unloads in {minutes:.0f} min" if minutes < 120 else ""


def work(traffic: Traffic) -> Iterator[tuple[str, str]]:
    """(what, value) of all that is told and not nothing."""
    if traffic.running or traffic.waiting:
        waiting = f" + {traffic.waiting} waiting" if traffic.waiting else ""
        yield "requests", f"{traffic.running or 0}{waiting}"
    if traffic.kv_percent:
        yield "KV cache", f"{traffic.kv_percent:.0f} %"
    if traffic.prefix_percent is not None:
        yield "from cache", f"{traffic.prefix_percent:.0f} % of prompts"
    if traffic.prompt_per_s:
        yield "reads", f"{traffic.prompt_per_s:,.0f} tok/s"
    if traffic.written_per_s:
        yield "writes", f"{traffic.written_per_s:,.0f} tok/s"


def rows(view: View) -> Iterator[tuple[str, str]]:
    """(what, value): each model with its badge, then what the server does."""
    for model in (view.loaded or [])[:MOST_MODELS]:
        yield one_line(model.model, 60), badge(model) or size(model)
    if view.loaded == []:
        yield NOT_LOADED, ""
    yield from work(view.traffic)
    if view.loaded and (leaves := expiry(view.loaded[0])):
        yield leaves, ""


def loading_time(seconds: float) -> str:
    """`loads in about 12 s`."""
    return f"loads in about {seconds:.0f} s" if seconds >= 1 else "loads in less than 1 s"


def load_told(load: Load) -> str:
    """`12 s, GPU 62 %, 5.1 of 8.2 GB`."""
    model = LoadedModel(model=load.model, size=load.size, vram=load.vram, gpu_percent=load.gpu_percent)
    return ", ".join(filter(None, [f"{load.seconds:.1f} s", badge(model), size(model)]))
