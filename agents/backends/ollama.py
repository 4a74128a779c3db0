"""Kind `ollama`: an Ollama server, asked at /api/chat (its /v1 cannot set the context window)."""

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
import ollama
from llama_index.core.constants import DEFAULT_TEMPERATURE
from llama_index.core.llms import ChatMessage
from llama_index.llms.ollama import Ollama as OllamaLLM

from ..errors import DocmindError
from ..hardware.fit.memory import read_memory
from ..hardware.fit.smaller import fewer, halved
from ..records import Usage
from ..settings import Profile
from .base import Abilities
from .hosts import is_loopback
from .http import client_options
from .llamaindex import LlamaIndexBackend
from .ollama_server import OllamaServer


class Ollama(OllamaServer, LlamaIndexBackend):
    """`options`: `keep_alive` and `thinking` go beside the model's own options (`temperature`, `top_k`, `seed` ...)."""

    @cached_property
    def client(self) -> ollama.AsyncClient:
        """Opened when first used. Raises DocmindError (CONFIG, REMOTE_REFUSED)."""
        return ollama.AsyncClient(str(self.url), **client_options(self.url, self.key, self.profile.timeouts))

    async def prepare(
        self, messages: Sequence[ChatMessage], stop: Sequence[str]
    ) -> tuple[OllamaLLM, Sequence[ChatMessage]]:
        """The LlamaIndex LLM, with an explicit window: another one in each request would load the model anew."""
        options = dict(self.profile.options)
        _, thinking = options.pop("keep_alive", None), options.pop("thinking", None)
        llm = OllamaLLM(
            model=await self.model(),
            context_window=await self.context(),
            temperature=options.pop("temperature", DEFAULT_TEMPERATURE),
            keep_alive=self._kept().get("keep_alive"),
            thinking=thinking,
            additional_kwargs={"num_predict": self.profile.max_tokens, "stop": list(stop)} | options,
            is_function_calling_model=False,
            async_client=self.client,
        )
        return llm, messages

    async def abilities(self) -> Abilities:
        """Whether a beginning is continued depends on the model's template: it is tried. Raises DocmindError."""
        _, shown = await self.in_time(self.show())
        tools = "tools" in (shown.get("capabilities") or ())
        return Abilities(continues=await self.continues_when_tried(), native_tools=tools)

    async def smaller(self, least: int, error: DocmindError) -> Profile | None:
        """Half the window, then fewer layers: the type of the KV cache is a setting of the whole server."""
        if half := halved(await self.context(), least):
            return msgspec.structs.replace(self.profile, context=half)
        every = await self._layers()
        now = self.profile.options.get("num_gpu", every)
        if not every or not now or "system memory" in error.message or await self._is_without_gpu():
            return None
        layers = fewer(every if now < 0 else min(now, every), every)
        return msgspec.structs.replace(self.profile, options=self.profile.options | {"num_gpu": layers})

    async def _layers(self) -> int:
        """Of the model, the output counted as one; 0 where the server does not say. Raises DocmindError."""
        _, shown = await self.in_time(self.show())
        counts = [n for name, n in (shown.get("model_info") or {}).items() if name.endswith(".block_count")]
        return int(counts[0]) + 1 if counts else 0

    async def _is_without_gpu(self) -> bool:
        """Whether it runs on this machine, and that has none."""
        return is_loopback(self.url.host) and not (await asyncio.to_thread(read_memory)).gpus

    def ended(self, raw: Any) -> bool:
        """The last line says done."""
        return raw.get("done") is True

    def usage(self, raw: Any) -> Usage | None:
        """The last line counts, and says how long the model was loaded; it leaves zeros out."""
        if raw.get("done"):
            self.was_asked((raw.get("load_duration") or 0) / 1e9)
        if raw.get("eval_count") is None:
            return None
        return Usage(prompt_tokens=raw.get("prompt_eval_count") or 0, completion_tokens=raw["eval_count"])

    def cut(self, raw: Any) -> bool:
        """The last line says why it is the last."""
        return bool(raw.get("done_reason") == "length")

    async def load(self) -> None:
        """Counts as a call. Raises DocmindError."""
        with self.idle:
            await super().load()

    async def aclose(self) -> None:
        """Close the connections."""
        await super().aclose()
        if "client" in self.__dict__:
            await self.client.close()  # type: ignore[no-untyped-call]
