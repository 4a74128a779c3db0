"""Kind `openai`: any OpenAI-compatible server: vLLM, LM Studio, llama-server, llamafile, SGLang, a gateway, OpenAI."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import httpx
import openai
from llama_index.llms.openai_like import OpenAILike
from openai.resources.chat import completions as _imported_now  # noqa: F401  (else 0.7 s inside the first call)

from ..records import Usage
from .base import Health
from .http import client_options
from .llamaindex import LARGEST_CONTEXT, LlamaIndexBackend
from .naming import first_chat_model

UNKNOWN_CONTEXT = 4096
"""Tokens to count on when a server does not tell its window: what Ollama gives on a small machine. Too small a window
costs some passages, too large a one costs the answer."""


class OpenAI(LlamaIndexBackend):
    """`options` go into the body of the request as they are (`temperature`, `top_k`, `seed` ...)."""

    kind: ClassVar = "openai"

    @property
    def api(self) -> httpx.URL:
        """The base of the API: `/v1` is added to a URL that does not end in a version."""
        return self.url if self.url.path.endswith("/v1") else below(self.url, "/v1")

    @property
    def root(self) -> httpx.URL:
        """Where /health and /props are."""
        return self.api.copy_with(path=self.api.path.removesuffix("/v1") or "/")

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """Opened when first used. Raises DocmindError (CONFIG, REMOTE_REFUSED)."""
        return httpx.AsyncClient(**client_options(self.url, self.key, self.profile.timeouts))

    @cached_property
    def client(self) -> openai.AsyncOpenAI:
        """The API's client over `http`, which alone sends the key: what is given here never leaves."""
        return openai.AsyncOpenAI(
            api_key="unused",
            base_url=str(self.api),
            max_retries=0,
            timeout=self.http.timeout,
            http_client=self.http,
        )

    async def llm(self, stop: Sequence[str] = ()) -> OpenAILike:
        """The LlamaIndex LLM, in chat mode and without retries of its own."""
        body = {"stream_options": {"include_usage": True}, "extra_body": self.profile.options}
        return OpenAILike(
            model=await self.model(),
            context_window=await self.context(),
            is_chat_model=True,
            max_tokens=self.profile.max_tokens,
            max_retries=0,
            api_key="unused",
            api_base=str(self.api),
            additional_kwargs=body | ({"stop": list(stop)} if stop else {}),
            async_openai_client=self.client,
        )

    async def facts(self) -> tuple[str, int]:
        """The model, and what one of several interfaces says about its window."""
        entries = await self._entries()
        model = self.profile.model or first_chat_model(list(entries))
        entry = entries.get(model, {})
        window = entry.get("max_model_len") or await self._llama_server_window()
        window = window or (await self._lm_studio(model)).get("loaded_context_length") or UNKNOWN_CONTEXT
        return model, min(LARGEST_CONTEXT, int(window))

    async def list_models(self) -> list[str]:
        """/v1/models."""
        return list(await self._entries())

    async def _entries(self) -> dict[str, dict[str, Any]]:
        return {model.id: model.model_dump() for model in (await self.client.models.list()).data}

    async def _llama_server_window(self) -> int | None:
        props = await self._get("/props")
        return (props.get("default_generation_settings") or {}).get("n_ctx")

    async def _lm_studio(self, model: str) -> dict[str, Any]:
        listed = (await self._get("/api/v0/models")).get("data") or []
        return next((one for one in listed if one.get("id") == model), {})

    async def _get(self, path: str) -> dict[str, Any]:
        """The JSON object at a path that only some servers have; {} from the others."""
        response = await self.http.get(below(self.root, path))
        try:
            value = response.json() if response.is_success else {}
        except ValueError:
            value = {}
        return value if isinstance(value, dict) else {}

    async def probe(self) -> Health:
        """/health where there is one, else /v1/models; llama-server says 503 "Loading model"."""
        response = await self.http.get(below(self.root, "/health"))
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            if "loading" in response.text.lower():
                return Health(state="loading")
            response.raise_for_status()
        if not response.is_success:
            await self._entries()
        return Health(state="ready")

    async def loading(self) -> bool:
        """LM Studio loads a model at its first call and lists its state."""
        if (await self.probe()).state == "loading":
            return True
        return bool((await self._lm_studio(await self.model())).get("state", "loaded") != "loaded")

    def ended(self, raw: Any) -> bool:
        """A choice has its finish_reason."""
        return any(choice.finish_reason for choice in raw.choices or ())

    def usage(self, raw: Any) -> Usage | None:
        """The last event counts, where the server knows `include_usage`."""
        if raw.usage is None:
            return None
        return Usage(prompt_tokens=raw.usage.prompt_tokens, completion_tokens=raw.usage.completion_tokens)

    async def aclose(self) -> None:
        """Close the connections."""
        if "http" in self.__dict__:
            await self.http.aclose()


def below(url: httpx.URL, path: str) -> httpx.URL:
    """`url` with `path` appended to its own."""
    return url.copy_with(path=url.path.rstrip("/") + path)
