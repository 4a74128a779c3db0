"""What a profile of the kind `hosted` asks for: files of a model and how they run, by the arguments of its class."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ...errors import DocmindError
from ...records import Verdict
from ...settings import Profile
from .find import find
from .forecast import CONTEXT, Wish, forecast
from .memory import Memory, read_memory
from .shape import Shape

_KV = {8: "q8_0", 2: "q4_0"}
"""By ggml's numbers of types, which llama-cpp-python takes."""


class Asked(NamedTuple):
    """What shall run."""

    model: str
    """A file or a folder; empty where there is none on this machine."""
    wish: Wish
    context_told: bool
    """Otherwise the model's own window counts."""
    on_gpu: bool = True

    def of(self, shape: Shape) -> Wish:
        """For a model of this shape."""
        known = shape.trained_context or self.wish.context
        context = min(self.wish.context, known) if self.context_told else known
        return msgspec.structs.replace(self.wish, context=context)

    def there(self, memory: Memory) -> Memory:
        """The part of `memory` that it uses."""
        return memory if self.on_gpu else Memory(ram=memory.ram)


def llama_cpp(profile: Profile) -> Asked:
    """For LlamaCPP, which puts no layers on the GPU unless `model_kwargs` say so."""
    options, kwargs = profile.options, _table(profile.options, "model_kwargs")
    context = profile.context or _whole(options.get("context_window")) or CONTEXT
    kv = _KV.get(_whole(kwargs.get("type_k")), "f16")
    on_gpu = kwargs.get("n_gpu_layers", 0) != 0
    return Asked(str(options.get("model_path") or ""), Wish(context=context, kv=kv), True, on_gpu)


def vllm(profile: Profile) -> Asked:
    """For Vllm: all on the GPUs or not at all, and by default with the window that the model was trained for."""
    options = profile.options
    context = profile.context or _whole(_table(options, "vllm_kwargs").get("max_model_len"))
    wish = Wish(
        context=context or CONTEXT,
        tensor_parallel=_whole(options.get("tensor_parallel_size")) or 1,
        all_on_gpus=True,
    )
    return Asked(_folder(str(profile.model or options.get("model") or "")), wish, bool(context))


def verdict(asked: Asked, memory: Memory | None = None) -> Verdict | None:
    """Whether it fits now; None where its files do not tell. Waits: call it in a thread."""
    try:
        shape = find(asked.model, str) if asked.model else None
    except DocmindError:  # the class says what is wrong with them
        return None
    if shape is None:
        return None
    try:
        return forecast(shape, asked.there(memory or read_memory()), asked.of(shape)).verdict
    except DocmindError:  # more GPUs than there are
        return "no"


def _folder(model: str) -> str:
    """The folder of a model that is named by one, or by its name in the cache of Hugging Face."""
    if not model or os.path.isdir(os.path.expanduser(model)):
        return model
    home = Path(os.environ.get("HF_HOME") or "~/.cache/huggingface").expanduser()
    kept = Path(os.environ.get("HF_HUB_CACHE") or home / "hub") / f"models--{model.replace('/', '--')}"
    try:
        snapshot = kept / "snapshots" / (kept / "refs" / "main").read_text().strip()
    except (OSError, ValueError):
        return ""
    return str(snapshot) if os.path.isdir(snapshot) else ""


def _table(options: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = options.get(name)
    return found if isinstance(found, dict) else {}


def _whole(value: Any) -> int:
    """0 for what is no number above 0."""
    return value if type(value) is int and value > 0 else 0
