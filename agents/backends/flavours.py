"""The OpenAI-compatible servers: how each is recognised, and what it allows beyond the common API.

Most name themselves in `owned_by` of their model list, some in a header; LiteLLM by the words at its liveness path.
`proven` means that this project has seen a server of that flavour continue an answer; what was only read in its source
or documentation is tried once before it is relied upon. vLLM 0.32 and llama.cpp b11549 were run; SGLang, TabbyAPI and
TensorRT-LLM were read in source, LM Studio, LiteLLM and llamafile in their documentation and issues.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from .metrics import Metrics


class Window(msgspec.Struct, frozen=True):
    """Where a server tells its context window."""

    path: str
    """Below the root of the server."""
    at: str
    """Dotted keys from the answer, or from the model's entry where the answer is a list."""


class Continuing(msgspec.Struct, frozen=True, kw_only=True):
    """How a server is asked to go on with the assistant's message at the end."""

    body: Mapping[str, Any] = MappingProxyType({})
    """Added to the request."""
    field: str = ""
    """The key of the body that takes the beginning instead of a last message."""
    proven: bool = False


class Flavour(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of server."""

    name: str
    owner: str = ""
    """`owned_by` in its model list."""
    header: str = ""
    """The beginning of its `Server` header, in lower case."""
    host: str = ""
    health: str = ""
    """Path of a cheap health check, which wants no model call; empty: the model list is asked for."""
    windows: tuple[Window, ...] = ()
    """Asked in turn; none where the server tells no window."""
    metrics: Metrics | None = None
    """Many servers have them only with an option."""
    slots: str = ""
    """Path of a list of what it works on, with the tokens of each."""
    version: str = ""
    """Path that tells a version with `cpu` in it where the server is built for the CPU alone."""
    continuing: Continuing | None = None
    thinking: str = ""
    """The field of a delta that holds thinking text; both names are read from every server."""
    any_model: bool = False
    """Whether it answers with the model that it runs, whichever is named."""
    native_tools: bool = False
    """Whether it parses tool calls without an option at its start."""


MAX_MODEL_LEN = Window("/v1/models", "max_model_len")
PROPS = Window("/props", "default_generation_settings.n_ctx")
LOADED = Window("/api/v0/models", "loaded_context_length")
# Where a model thinks first, a beginning of its answer may be refused, or be taken for thinking.
NO_THINKING = {"chat_template_kwargs": {"enable_thinking": False}}

VLLM_METRICS = Metrics(
    path="/metrics",
    running="vllm:num_requests_running",
    waiting="vllm:num_requests_waiting",
    kv_share="vllm:kv_cache_usage_perc",
    prefix_hits="vllm:prefix_cache_hits_total",
    prefix_asked=("vllm:prefix_cache_queries_total",),
    prompt="vllm:prompt_tokens_total",
    written="vllm:generation_tokens_total",
)
LLAMA_METRICS = Metrics(
    path="/metrics",
    running="llamacpp:requests_processing",
    waiting="llamacpp:requests_deferred",
    prefix_hits="llamacpp:prompt_tokens_cached_total",
    prefix_asked=("llamacpp:prompt_tokens_cached_total", "llamacpp:prompt_tokens_total"),
    prompt="llamacpp:prompt_tokens_total",
    prompt_s="llamacpp:prompt_seconds_total",
    written="llamacpp:tokens_predicted_total",
    written_s="llamacpp:tokens_predicted_seconds_total",
)
UNKNOWN = Flavour(name="unknown", windows=(MAX_MODEL_LEN, PROPS, LOADED))
FLAVOURS = (
    Flavour(
        name="vLLM",
        owner="vllm",
        health="/health",
        windows=(MAX_MODEL_LEN,),
        metrics=VLLM_METRICS,
        version="/version",
        continuing=Continuing(
            body={"continue_final_message": True, "add_generation_prompt": False} | NO_THINKING, proven=True
        ),
        thinking="reasoning",
    ),
    Flavour(
        name="LM Studio",
        owner="organization_owner",
        windows=(LOADED,),
        continuing=Continuing(),
        thinking="reasoning_content",
        native_tools=True,
    ),
    Flavour(
        name="llama-server",
        owner="llamacpp",
        health="/health",
        windows=(PROPS,),
        any_model=True,
        metrics=LLAMA_METRICS,
        slots="/slots",
        continuing=Continuing(body=NO_THINKING, proven=True),
        thinking="reasoning_content",
        native_tools=True,
    ),
    Flavour(
        name="llamafile",
        header="llamafile",
        health="/health",
        windows=(PROPS,),
        any_model=True,
        slots="/slots",
        continuing=Continuing(),
        thinking="reasoning_content",
    ),
    Flavour(
        name="SGLang",
        owner="sglang",
        health="/health",
        windows=(MAX_MODEL_LEN,),
        continuing=Continuing(body={"continue_final_message": True}),
        thinking="reasoning_content",
    ),
    Flavour(
        name="TabbyAPI",
        owner="tabbyAPI",
        health="/health",
        windows=(Window("/v1/model", "parameters.max_seq_len"),),
        any_model=True,
        continuing=Continuing(field="response_prefix"),
        thinking="reasoning_content",
    ),
    Flavour(
        name="TensorRT-LLM",
        owner="tensorrt_llm",
        health="/health",
        thinking="reasoning_content",
    ),
    # Its /health makes a call of every model behind it.
    Flavour(
        name="LiteLLM",
        health="/health/liveliness",
        windows=(Window("/v1/model/info", "model_info.max_input_tokens"),),
        thinking="reasoning_content",
    ),
    Flavour(name="OpenAI", host="api.openai.com", native_tools=True),
    UNKNOWN,
)
BY_NAME: Mapping[str, Flavour] = MappingProxyType({flavour.name: flavour for flavour in FLAVOURS})


def recognise(host: str, header: str, owners: set[str]) -> Flavour | None:
    """The flavour of a server: its host name, its `Server` header and the `owned_by` of its models."""
    for flavour in FLAVOURS:
        if (
            (flavour.host and flavour.host == host)
            or (flavour.header and header.lower().startswith(flavour.header))
            or flavour.owner in owners - {""}
        ):
            return flavour
    return None


def window_in(answer: Any, model: str, at: str) -> int | None:
    """The window of `model` in an answer, in tokens; None where it is not there."""
    listed = answer.get("data") if isinstance(answer, dict) else None
    if isinstance(listed, list):
        mine = [one for one in listed if isinstance(one, dict) and model in (one.get("id"), one.get("model_name"))]
        answer = mine[0] if mine else None
    for key in at.split("."):
        answer = answer.get(key) if isinstance(answer, dict) else None
    return int(answer) if isinstance(answer, int | float) and answer > 0 else None
