"""What a model server tells about itself: which models it has loaded and where they are, and what it does."""

from typing import Literal

import msgspec


class LoadedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model in the memory of its server."""

    model: str
    size: int | None = None
    """Bytes that it takes in all; None: not told."""
    vram: int | None = None
    """Bytes of them in the memory of GPUs."""
    gpu_percent: int | None = None
    """How much of it is on the GPU; 100 only where all is, 0 only where nothing is."""
    expires_at: float | None = None
    """Unix time at which the server lets go of it when nobody asks; None: not told, or never."""

    @property
    def place(self) -> Literal["gpu", "partly", "cpu"] | None:
        """None: not told."""
        if self.gpu_percent is None:
            return None
        return "cpu" if not self.gpu_percent else "gpu" if self.gpu_percent == 100 else "partly"


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """What a server does; None is what it does not tell."""

    running: int | None = None
    """Requests that it works on."""
    waiting: int | None = None
    """Requests in its queue."""
    kv_percent: float | None = None
    """How full its KV cache is."""
    prefix_percent: float | None = None
    """Tokens of prompts that it had in its cache already, of all since the last look in which there were any."""
    prompt_per_s: float | None = None
    """Tokens of prompts that it reads in a second; None where it has read none since the last look."""
    written_per_s: float | None = None
    """Tokens that it writes in a second, of all requests together; None likewise."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the server of a profile."""

    profile: str = ""
    loaded: list[LoadedModel] | None = None
    """None: it does not tell, or did not answer."""
    traffic: Traffic = Traffic()

    def of(self, model: str) -> LoadedModel | None:
        """The one of that name, if it is loaded; Ollama lists a model without a tag as the latest."""
        return next((one for one in self.loaded or () if one.model in (model, f"{model}:latest")), None)


class Load(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One loading of a model, as it is kept; written as an array, as which SQLite gives its rows."""

    profile: str
    model: str
    at: float
    """Unix time of its end, in seconds."""
    seconds: float
    size: int | None = None
    """As of LoadedModel, like the others."""
    vram: int | None = None
    gpu_percent: int | None = None


def percent(part: float, whole: float) -> int | None:
    """A share as a whole number, which is 0 and 100 only for nothing and all; None of nothing."""
    if whole <= 0:
        return None
    share = min(max(part / whole, 0.0), 1.0)
    return round(100 * share) if share in (0.0, 1.0) else min(max(round(100 * share), 1), 99)
