"""How a class is made out of a profile, and what is mended in those that need it. Runs in the child process."""

import ctypes
import inspect
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llama_index.core.llms import LLM, ChatMessage

from .hosted_checks import LLAMA_CPP, VLLM

CONTEXT = 8192
"""Default window of a class that takes any, in tokens, as for the other kinds."""


class Plain:
    """A class that needs nothing mended. `config` is `Hosted._config`."""

    def __init__(self, config: dict[str, Any], cancelled: threading.Event) -> None:
        self.config, self.cancelled = config, cancelled

    def make(self, found: type[LLM]) -> LLM:
        """The LLM. Raises whatever its constructor does."""
        return found(**self.options(found))

    def options(self, found: type[LLM]) -> dict[str, Any]:
        """The profile's options, and what else it says, under the names that the class knows."""
        config = self.config
        told = {
            "model": config["model"],
            "context_window": config["context"],
            "max_tokens": config["max_tokens"],
            "max_new_tokens": config["max_tokens"],
            "api_key": config["key"],
        }
        known = inspect.signature(found).parameters
        defaults = {name: value for name, value in told.items() if value and name in known}
        return defaults | dict(config["options"])

    def window(self, llm: LLM) -> int:
        """Context window in tokens."""
        return llm.metadata.context_window

    def arguments(self, llm: LLM, stop: Sequence[str]) -> dict[str, Any]:
        """For each call. Most classes drop or refuse `stop`, so the answer is cut here, and this is empty."""
        return {}


class LlamaCpp(Plain):
    """LlamaCPP knows neither the file's chat template nor how to be interrupted."""

    def options(self, found: type[LLM]) -> dict[str, Any]:
        options = {"context_window": CONTEXT} | super().options(found)
        return options | {"model_path": str(Path(options["model_path"]).expanduser())}

    def make(self, found: type[LLM]) -> LLM:
        llm: Any = super().make(found)
        self._use_template(llm)
        self._stop_when_cancelled(llm)
        return llm  # type: ignore[no-any-return]

    def _use_template(self, llm: Any) -> None:
        """Else each message becomes a line like `user: ...`, which few models were trained on."""
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        model = llm._model
        template = model.metadata.get("tokenizer.chat_template")
        if not template:
            return
        bos, eos = (model._model.token_get_text(token) if token >= 0 else "" for token in _ends(model))
        formatter = Jinja2ChatFormatter(template=template, eos_token=eos, bos_token=bos)
        begins_with_bos = bool(bos) and model._model.add_bos_token()

        def to_prompt(messages: Sequence[ChatMessage], **_: Any) -> str:
            said = [{"role": message.role.value, "content": message.content or ""} for message in messages]
            prompt: str = formatter(messages=said).prompt
            return prompt.removeprefix(bos) if begins_with_bos else prompt  # the tokenizer adds it, too

        llm.messages_to_prompt = to_prompt

    def _stop_when_cancelled(self, llm: Any) -> None:
        """Reading a long prompt is one call of llama.cpp, which asks this in between."""
        import llama_cpp

        self._callback = llama_cpp.ggml_abort_callback(lambda _: self.cancelled.is_set())
        llama_cpp.llama_set_abort_callback(llm._model._ctx.ctx, self._callback, ctypes.c_void_p())


def _ends(model: Any) -> tuple[int, int]:
    return model.token_bos(), model.token_eos()


class Vllm(Plain):
    """Vllm sends `best_of`, which vLLM refuses, knows no chat template, and tells a wrong window."""

    def options(self, found: type[LLM]) -> dict[str, Any]:
        options = super().options(found)
        window = {"max_model_len": self.config["context"]} if self.config["context"] else {}
        return options | {"vllm_kwargs": window | options.get("vllm_kwargs", {})}

    def make(self, found: type[LLM]) -> LLM:
        llm: Any = super().make(_without_best_of(found))
        if llm._client is None:  # api_url: a server answers
            return llm  # type: ignore[no-any-return]
        tokenizer = llm._client.get_tokenizer()
        if tokenizer.chat_template:

            def to_prompt(messages: Sequence[ChatMessage], **_: Any) -> str:
                said = [{"role": message.role.value, "content": message.content or ""} for message in messages]
                return str(tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True))

            llm.messages_to_prompt = to_prompt
        return llm  # type: ignore[no-any-return]

    def window(self, llm: Any) -> int:
        return int(llm._client.llm_engine.model_config.max_model_len) if llm._client else super().window(llm)

    def arguments(self, llm: Any, stop: Sequence[str]) -> dict[str, Any]:
        """A whole answer cannot be left at a stop sequence, so vLLM has to know them."""
        return {"stop": [*(llm.stop or ()), *stop]}


def _without_best_of(found: Any) -> type[LLM]:
    def arguments(self: Any) -> dict[str, Any]:
        return {name: value for name, value in found._model_kwargs.fget(self).items() if name != "best_of"}

    return type(found.__name__, (found,), {"_model_kwargs": property(arguments), "__module__": found.__module__})


_CURES: dict[str, type[Plain]] = {LLAMA_CPP: LlamaCpp, VLLM: Vllm}


def cure_for(config: dict[str, Any], cancelled: threading.Event) -> Plain:
    """For the class of `config`; `cancelled` is set when a call was left."""
    return _CURES.get(config["class"], Plain)(config, cancelled)
