"""Kind `ollama`: an Ollama server, asked at /api/chat (its /v1 cannot set the context window)."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import ollama
from llama_index.core.constants import DEFAULT_TEMPERATURE
from llama_index.llms.ollama import Ollama as OllamaLLM

from ..errors import Code, DocmindError
from ..records import Usage
from ..text import clean
from .base import Health
from .http import client_options
from .llamaindex import LARGEST_CONTEXT, LlamaIndexBackend
from .naming import first_chat_model


class Ollama(LlamaIndexBackend):
    """`options`: `keep_alive` and `thinking` go beside the model's own options (`temperature`, `top_k`, `seed` ...)."""

    kind: ClassVar = "ollama"
    default_url: ClassVar = "http://127.0.0.1:11434"

    @cached_property
    def client(self) -> ollama.AsyncClient:
        """Opened when first used. Raises DocmindError (CONFIG, REMOTE_REFUSED)."""
        return ollama.AsyncClient(str(self.url), **client_options(self.url, self.key, self.profile.timeouts))

    async def llm(self, stop: Sequence[str] = ()) -> OllamaLLM:
        """The LlamaIndex LLM, with an explicit window: another one in each request would load the model anew."""
        options = dict(self.profile.options)
        keep_alive, thinking = options.pop("keep_alive", None), options.pop("thinking", None)
        return OllamaLLM(
            model=await self.model(),
            context_window=await self.context(),
            temperature=options.pop("temperature", DEFAULT_TEMPERATURE),
            keep_alive=keep_alive,
            thinking=thinking,
            additional_kwargs={"num_predict": self.profile.max_tokens, "stop": list(stop)} | options,
            is_function_calling_model=False,
            async_client=self.client,
        )

    async def facts(self) -> tuple[str, int]:
        """/api/show knows the model's own window."""
        model = self.profile.model or first_chat_model(await self.list_models())
        info = (await self.client.show(model)).modelinfo or {}
        windows = [int(value) for name, value in info.items() if name.endswith(".context_length")]
        return model, min([LARGEST_CONTEXT, *windows])

    async def list_models(self) -> list[str]:
        """/api/tags."""
        return [model.model for model in (await self.client.list()).models if model.model]

    async def probe(self) -> Health:
        """Ready when the model is there; loading it is part of the first call."""
        models = await self.list_models()
        if self.profile.model and not {self.profile.model, f"{self.profile.model}:latest"} & set(models):
            message = f"{clean(self.name)} does not have the model {clean(self.profile.model)!r}."
            raise DocmindError(Code.MODEL_NOT_FOUND, message, await self._model_hint())
        return Health(state="ready")

    async def _model_hint(self) -> str:
        return f"{await super()._model_hint()} Or fetch it: ollama pull {clean(self.profile.model)}"

    async def loading(self) -> bool:
        """/api/ps lists a model once it is loaded."""
        model = await self.model()
        return not any(one.model in (model, f"{model}:latest") for one in (await self.client.ps()).models)

    def ended(self, raw: Any) -> bool:
        """The last line says done."""
        return raw.get("done") is True

    def usage(self, raw: Any) -> Usage | None:
        """The last line counts; it leaves zeros out."""
        if raw.get("eval_count") is None:
            return None
        return Usage(prompt_tokens=raw.get("prompt_eval_count") or 0, completion_tokens=raw["eval_count"])

    async def aclose(self) -> None:
        """Close the connections."""
        if "client" in self.__dict__:
            await self.client.close()  # type: ignore[no-untyped-call]
