"""Kind `openai`: any OpenAI-compatible server: vLLM, LM Studio, llama-server, llamafile, SGLang, a gateway, OpenAI."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import openai
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike
from openai.resources.chat import completions as _imported_now  # noqa: F401  (else 0.7 s inside the first call)

from ..records import Usage
from .base import Abilities
from .flavours import Flavour
from .http import WHOLE
from .llamaindex import LlamaIndexBackend, beginning
from .openai_server import OpenAIServer

BROKE_OFF = ("abort", "error", "cancelled", "timeout")
"""Reasons for an end that is none: of vLLM and SGLang, gateways, TensorRT-LLM."""


class OpenAI(OpenAIServer, LlamaIndexBackend):
    """`options` go into the body of the request as they are (`temperature`, `top_k`, `seed` ...)."""

    @property
    def unstreamed(self) -> bool:
        """The transport finds out."""
        return self.transport is not None and self.transport.unstreamed

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

    async def prepare(
        self, messages: Sequence[ChatMessage], stop: Sequence[str]
    ) -> tuple[OpenAILike, Sequence[ChatMessage]]:
        """The LlamaIndex LLM, in chat mode and without retries of its own."""
        options, prompt = self.profile.options, messages
        if prefix := beginning(messages):
            options, prompt = continued(options, messages, prefix, await self.flavour())
        body = {"stream_options": {"include_usage": True}, "extra_body": options}
        llm = OpenAILike(
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
        return llm, prompt

    async def abilities(self) -> Abilities:
        """Those of its flavour; what was not proven is tried. Raises DocmindError."""
        flavour = await self.in_time(self.flavour())
        known = flavour.continuing
        continues = bool(known and (known.proven or await self.continues_when_tried()))
        return Abilities(continues=continues, native_tools=flavour.native_tools)

    def ended(self, raw: Any) -> bool:
        """A choice has its finish_reason, and it is not that the server gave up."""
        return any(choice.finish_reason not in ("", None, *BROKE_OFF) for choice in raw.choices or ())

    def usage(self, raw: Any) -> Usage | None:
        """The last event counts, where the server knows `include_usage`."""
        if raw.usage is None:
            return None
        return Usage(prompt_tokens=raw.usage.prompt_tokens, completion_tokens=raw.usage.completion_tokens)

    def refusal(self, raw: Any) -> str:
        """A delta's `refusal`, or a content filter that ended the answer."""
        choices = raw.choices or ()
        filtered = any(choice.finish_reason == "content_filter" for choice in choices)
        return "".join(choice.delta.refusal or "" for choice in choices) + ("content filter" if filtered else "")

    def whole(self, raw: Any) -> bool:
        """As the transport has marked it."""
        return bool(raw.object == WHOLE)

    def cut(self, raw: Any) -> bool:
        """The finish_reason says so."""
        return any(choice.finish_reason == "length" for choice in raw.choices or ())


def continued(
    options: dict[str, Any], messages: Sequence[ChatMessage], prefix: str, flavour: Flavour
) -> tuple[dict[str, Any], Sequence[ChatMessage]]:
    """The options and messages with which a server of this flavour goes on after `prefix`, the last message."""
    if flavour.continuing is None:
        return options, messages
    body = {**flavour.continuing.body}
    if kwargs := body.get("chat_template_kwargs"):
        body["chat_template_kwargs"] = {**options.get("chat_template_kwargs", {}), **kwargs}
    if field := flavour.continuing.field:
        return {**options, **body, field: prefix}, messages[:-1]
    return {**options, **body}, messages
