"""An Ollama server, asked about itself, and told which models to load and to let go."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from ..errors import Code, DocmindError
from ..hardware.fit.ollama import shape
from ..hardware.fit.profiles import verdict_of
from ..records import Verdict
from ..text import clean, one_line
from ..views import Load, LoadedModel, View, percent
from .base import Health
from .hosts import is_loopback
from .naming import first_chat_model
from .server import LARGEST_CONTEXT, Server, below

BESIDE_OPTIONS = ("keep_alive", "thinking")
"""Of a profile's options, those that are not the model's own."""
FOR_EVER_S = 365 * 86400.0
"""An expiry that is further away than this, in seconds, means that there is none."""
LOADED_S = 0.5
"""Seconds that a call spends on a model that is loaded already, at most: it is told even then, and is some ms."""
UNLOAD_S = 5.0
"""Longest wait until the memory of a model is free."""
_LOOKS = 50
"""Within UNLOAD_S."""
_ELSEWHERE = "cloud"
"""How the names of models end that run at Ollama's own, paid service."""


class OllamaServer(Server):
    """Its own API tells everything: /api/tags, /api/show, /api/ps."""

    kind: ClassVar = "ollama"
    default_url: ClassVar = "http://127.0.0.1:11434"
    _loaded_until: float | None = None
    """Unix time; 0: it is not loaded; None: not known."""
    _took: float | None = None
    """Seconds of a load that is not noted yet, since its size is not known."""
    _asked = False
    """Whether it was docmind that had the model loaded."""

    @property
    def cold(self) -> bool:
        """As /api/ps said when it was last asked."""
        return self._loaded_until is not None and time.time() >= self._loaded_until

    async def show(self) -> tuple[str, dict[str, Any]]:
        """The model in use, and what /api/show knows about it. Raises library errors."""
        model = self.profile.model or first_chat_model(await self.list_models())
        return model, await self.ask(below(self.url, "/api/show"), {"model": model})

    async def facts(self) -> tuple[str, int]:
        """/api/show knows the model's own window."""
        model, shown = await self.show()
        info = shown.get("model_info") or {}
        windows = [int(value) for name, value in info.items() if name.endswith(".context_length")]
        return model, min([LARGEST_CONTEXT, *windows])

    async def list_models(self) -> list[str]:
        """/api/tags."""
        return [model["name"] for model in (await self.ask(below(self.url, "/api/tags")))["models"]]

    async def probe(self) -> Health:
        """Ready when the model is there; loading it is part of the first call."""
        models = await self.list_models()
        if self.profile.model and not {self.profile.model, f"{self.profile.model}:latest"} & set(models):
            message = f"{clean(self.name)} does not have the model {clean(self.profile.model)!r}."
            raise DocmindError(Code.MODEL_NOT_FOUND, message, await self.model_hint())
        return Health(state="ready")

    async def model_hint(self) -> str:
        """Which models there are, and how to fetch the missing one."""
        return f"{await super().model_hint()} Or fetch it: ollama pull {clean(self.profile.model)}"

    async def loading(self) -> bool:
        """/api/ps lists a model once it is loaded."""
        return (await self.inside()).of(await self.model()) is None

    async def inside(self) -> View:
        """/api/ps lists the loaded models; the profile's own comes first."""
        loaded = [_loaded(one) for one in (await self.ask(below(self.url, "/api/ps")))["models"]]
        mine = View(loaded=loaded).of(await self.model())
        self._loaded_until = (mine.expires_at or float("inf")) if mine else 0.0
        if mine and self._took is not None:
            told = {"size": mine.size, "vram": mine.vram, "gpu_percent": mine.gpu_percent}
            self.note_load(Load(profile=self.name, model=mine.model, at=time.time(), seconds=self._took, **told))
            self._took = None
        return View(loaded=sorted(loaded, key=lambda one: one is not mine))

    def was_asked(self, load_s: float) -> None:
        """A call has ended, which waited so many seconds for the model: it is loaded now."""
        self._asked, self._loaded_until = True, float("inf")
        if load_s >= LOADED_S:
            self._took = load_s

    async def fit(self) -> Verdict | None:
        """By what /api/show tells; None of a server elsewhere, whose memory nobody tells, and of a loaded model."""
        if not (is_loopback(self.url.host) and self.cold):
            return None
        try:
            model, shown = await self.show()
            found = shape(model, shown, await self.ask(below(self.url, "/api/tags")))
        except Exception as error:
            raise await self.explain(error) from error
        return await asyncio.to_thread(verdict_of, found, await self.context())

    @property
    def holds_memory(self) -> bool:
        """Of models that other programs had loaded docmind lets go of none."""
        return self._asked and is_loopback(self.url.host) and not self.cold

    @property
    def warms_up(self) -> bool:
        """Not where Ollama's own service, which wants to be paid, would be asked."""
        return not (self.key or self.profile.model.endswith(_ELSEWHERE))

    async def load(self) -> None:
        """A chat without messages loads the model. Raises DocmindError."""
        try:
            async with asyncio.timeout(self.profile.timeouts.loading):
                options = {"num_ctx": await self.context()} | _model_options(self.profile.options)
                told = await self._without_words({"options": options} | self._kept())
                self.was_asked(told.get("load_duration", 0) / 1e9)
                await self.inside()
        except Exception as error:
            raise await self.explain(error) from error

    async def unload(self) -> None:
        """Waits until its memory is free; never raises."""
        self._asked = False
        with contextlib.suppress(Exception):
            async with asyncio.timeout(UNLOAD_S):
                await self._without_words({"keep_alive": 0})
                for _ in range(_LOOKS):
                    if not (await self.inside()).of(await self.model()):
                        break
                    await asyncio.sleep(UNLOAD_S / _LOOKS)

    def _kept(self) -> dict[str, Any]:
        """How long the model stays loaded: an option of the profile is handed on as it is."""
        kept = self.profile.options.get("keep_alive")
        if kept is None and self.profile.keep_alive is not None:
            kept = f"{round(60 * self.profile.keep_alive)}s"
        return {} if kept is None else {"keep_alive": kept}

    async def _without_words(self, body: dict[str, Any]) -> dict[str, Any]:
        chat = {"model": await self.model(), "messages": [], "stream": False, **body}
        told: dict[str, Any] = await self.ask(below(self.url, "/api/chat"), chat)
        return told


def _model_options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in BESIDE_OPTIONS}


def _loaded(told: Mapping[str, Any]) -> LoadedModel:
    """An entry of /api/ps. Raises whatever a server that is no Ollama may cause."""
    size, vram = _bytes(told.get("size")), _bytes(told.get("size_vram"))
    return LoadedModel(
        model=one_line(str(told["name"]), 200),
        size=size or None,
        vram=vram,
        gpu_percent=None if size is None or vram is None else percent(vram, size),
        expires_at=_moment(told.get("expires_at")),
    )


def _bytes(told: Any) -> int | None:
    """None for what no memory can hold."""
    return told if type(told) is int and 0 <= told < 2**53 else None


def _moment(told: Any) -> float | None:
    """Unix time; None for what is no time, and for ever, which Ollama tells as a day in centuries."""
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        moment = datetime.fromisoformat(told).timestamp()
        return moment if 0 < moment < time.time() + FOR_EVER_S else None
    return None
