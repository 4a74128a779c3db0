"""An OpenAI-compatible server, asked about itself: which one it is, its model and its window."""

import time
from typing import Any, ClassVar

import httpx
import msgspec

from ..text import one_line
from ..views import LoadedModel, Traffic, View, percent
from .base import Health
from .flavours import BY_NAME, UNKNOWN, Flavour, recognise, window_in
from .metrics import Counters, values
from .naming import first_chat_model
from .server import LARGEST_CONTEXT, Server, below

UNKNOWN_CONTEXT = 4096
"""Tokens to count on when a server does not tell its window: what Ollama gives on a small machine. Too small a window
costs some passages, too large a one costs the answer."""


class OpenAIServer(Server):
    """Which flavour it is, is found out once, and again when it may be another one."""

    kind: ClassVar = "openai"
    _flavour: Flavour | None = None
    _counters: Counters | None = None

    @property
    def api(self) -> httpx.URL:
        """The base of the API: `/v1` is added to a URL that does not end in a version."""
        return self.url if self.url.path.endswith("/v1") else below(self.url, "/v1")

    @property
    def root(self) -> httpx.URL:
        """Where /health and /props are."""
        return self.api.copy_with(path=self.api.path.removesuffix("/v1") or "/")

    async def list_models(self) -> list[str]:
        """/v1/models, which tells the flavour, too."""
        response = await self.http.get(below(self.api, "/models"))
        entries = response.raise_for_status().json()["data"]
        owners = {str(entry.get("owned_by") or "") for entry in entries}
        known = recognise(self.url.host, response.headers.get("Server", ""), owners)
        self._flavour = known or self._flavour or await self._without_a_name()
        return [entry["id"] for entry in entries]

    async def lists_model(self) -> bool:
        """Whether /v1/models has it. Raises DocmindError."""
        names = await self.models()
        return self.profile.model in ("", *names) or bool(self._flavour and self._flavour.any_model)

    async def _without_a_name(self) -> Flavour:
        litellm = BY_NAME["LiteLLM"]
        response = await self.http.get(below(self.root, litellm.health))
        return litellm if response.is_success and "alive" in response.text else UNKNOWN

    async def flavour(self) -> Flavour:
        """Which server it is. Raises library errors."""
        if self._flavour is None:
            await self.list_models()
        return self._flavour or UNKNOWN

    def forget(self) -> None:
        """The flavour, too."""
        super().forget()
        self._flavour = None

    async def facts(self) -> tuple[str, int]:
        """The model, and what the server says about its window."""
        model = self.profile.model or first_chat_model(await self.list_models())
        flavour = await self.flavour()
        if flavour is BY_NAME["OpenAI"]:
            return model, LARGEST_CONTEXT  # all of its models have more
        for window in flavour.windows:
            if size := window_in(await self._optional(window.path), model, window.at):
                return model, min(self.profile.context or LARGEST_CONTEXT, size)
        return model, UNKNOWN_CONTEXT

    async def _optional(self, path: str) -> Any:
        """The JSON object at a path that only some servers have; {} from the others."""
        value = await self._told(path)
        return value if isinstance(value, dict) else {}

    async def _told(self, path: str) -> Any:
        """The JSON at a path; None from a server that does not have it."""
        response = await self.http.get(below(self.root, path))
        try:
            return response.json() if response.is_success else None
        except ValueError:
            return None

    async def probe(self) -> Health:
        """Its health path, else the model list; llama-server says 503 "Loading model"."""
        try:
            flavour = await self.flavour()
            path = below(self.root, flavour.health) if flavour.health else below(self.api, "/models")
            (await self.http.get(path)).raise_for_status()
        except httpx.HTTPStatusError as error:
            response = error.response
            if response.status_code == httpx.codes.SERVICE_UNAVAILABLE and "loading" in response.text.lower():
                return Health(state="loading")
            raise
        return Health(state="ready")

    async def inside(self) -> View:
        """What its metrics and its slots tell. Where a model is, only vLLM tells, and only when it is on the CPU."""
        flavour = await self.flavour()
        traffic = await self._traffic(flavour)
        if flavour.slots:
            traffic = with_slots(traffic, await self._told(flavour.slots))
        on_cpu = flavour.version and "cpu" in str(await self._told(flavour.version))
        mine = LoadedModel(model=one_line(await self.model(), 200), gpu_percent=0 if on_cpu else None)
        return View(loaded=[mine] if on_cpu else None, traffic=traffic)

    async def _traffic(self, flavour: Flavour) -> Traffic:
        if flavour.metrics is None:
            return Traffic()
        response = await self.http.get(below(self.root, flavour.metrics.path))
        if not response.is_success:
            return Traffic()
        self._counters = self._counters or Counters()
        found = values(response.text, flavour.metrics.names)
        return self._counters.traffic(flavour.metrics, found, time.monotonic())

    async def loading(self) -> bool:
        """LM Studio loads a model at its first call and lists its state."""
        if (await self.probe()).state == "loading":
            return True
        if await self.flavour() is not BY_NAME["LM Studio"]:
            return False
        listed, model = (await self._optional("/api/v0/models")).get("data") or [], await self.model()
        state = next((one.get("state") for one in listed if one.get("id") == model), "loaded")
        return bool(state != "loaded")


def with_slots(traffic: Traffic, slots: Any) -> Traffic:
    """With how many of llama.cpp's slots are at work, and how full their windows are; an idle one does not tell."""
    listed = [slot for slot in slots if isinstance(slot, dict)] if isinstance(slots, list) else []
    at_work = [slot for slot in listed if slot.get("is_processing")]
    used = sum(_count(slot.get("n_prompt_tokens")) for slot in at_work)
    room = sum(_count(slot.get("n_ctx")) for slot in listed)
    return msgspec.structs.replace(
        traffic,
        running=len(at_work) if listed and traffic.running is None else traffic.running,
        kv_percent=percent(used, room) if at_work else traffic.kv_percent,
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
