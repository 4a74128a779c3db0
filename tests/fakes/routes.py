"""What a FakeServer answers besides chats: the lists, states and properties of the servers that it stands for."""

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import FakeServer

CHAT = ("/api/chat", "/v1/chat/completions")
NOT_FOUND: tuple[Any, int] = ("404 page not found", 404)
LLAMA_8B: dict[str, Any] = {
    "general.architecture": "llama",
    "general.parameter_count": 8_030_261_312,
    "llama.attention.head_count": 32,
    "llama.attention.head_count_kv": 8,
    "llama.block_count": 32,
    "llama.embedding_length": 4096,
    "llama.feed_forward_length": 14336,
    "llama.vocab_size": 128_256,
}
"""Of /api/show."""
DETAILS = {"format": "gguf", "family": "llama", "parameter_size": "8.0B", "quantization_level": "Q4_K_M"}


def answer(fake: "FakeServer", route: str, body: dict[str, Any]) -> tuple[Any, int]:
    """(JSON value or text, status) of a request."""
    if route == "/api/show":
        return _show(fake, str(body.get("model")))
    known = {
        "/": lambda: ("Ollama is running", 200),
        "/api/version": lambda: ({"version": "0.12.0"}, 200),
        "/api/tags": lambda: ({"models": [_tag(name) for name in fake.models]}, 200),
        "/api/ps": lambda: ({"models": [] if fake.loading else [_running(fake)]}, 200),
        "/v1/models": lambda: ({"object": "list", "data": [_model(fake, name) for name in fake.models]}, 200),
        **_flavoured(fake),
    }
    return known[route]() if route in known else NOT_FOUND


def _tag(name: str) -> dict[str, Any]:
    stamp = "2026-01-01T00:00:00Z"
    entry = {"name": name, "model": name, "modified_at": stamp, "size": 4_661_224_676, "digest": "a" * 64}
    return entry | {"details": DETAILS}


def _running(fake: "FakeServer") -> dict[str, Any]:
    """An entry of /api/ps."""
    entry = _tag(fake.model)
    expires = time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime(time.time() + 300))
    return entry | {"size_vram": int(entry["size"] * fake.in_vram), "context_length": 8192, "expires_at": expires}


def load(fake: "FakeServer", body: dict[str, Any]) -> tuple[Any, int]:
    """Of a chat without messages: the model is loaded, or let go."""
    if body.get("model") not in fake.models:
        return {"error": f"model '{body.get('model')}' not found"}, 404
    fake.loading = body.get("keep_alive") == 0
    reason = {"done": True, "done_reason": "unload" if fake.loading else "load"}
    took = {} if fake.loading else {"load_duration": int(fake.load_s * 1e9)}
    return {"model": body["model"], "message": {"role": "assistant", "content": ""}} | reason | took, 200


def _show(fake: "FakeServer", model: str) -> tuple[Any, int]:
    if not {model, f"{model}:latest"} & set(fake.models):
        return {"error": f"model '{model}' not found"}, 404
    info = LLAMA_8B | {"llama.context_length": fake.context, "tokenizer.ggml.tokens": None}
    return {"details": DETAILS, "capabilities": ["completion"], "model_info": info}, 200


OWNERS = {
    "plain": "somebody",
    "vllm": "vllm",
    "llamacpp": "llamacpp",
    "lmstudio": "organization_owner",
    "llamafile": "mozilla",
    "sglang": "sglang",
    "tabby": "tabbyAPI",
    "tensorrt": "tensorrt_llm",
    "litellm": "openai",
}


def _model(fake: "FakeServer", name: str) -> dict[str, Any]:
    model = {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": OWNERS[fake.flavour]}
    if fake.flavour in ("vllm", "sglang"):
        return model | {"max_model_len": fake.context}
    return model | ({"meta": {"n_ctx_train": 131_072}} if fake.flavour == "llamacpp" else {})


def _flavoured(fake: "FakeServer") -> dict[str, Any]:
    """What only this flavour has."""
    loading = {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
    health = (loading, 503) if fake.loading else ("", 200)
    props = {"default_generation_settings": {"n_ctx": fake.context}, "total_slots": 1, "build_info": "b11549-abcdef0"}
    state = {"type": "llm", "state": "loaded", "loaded_context_length": fake.context}
    info = {"model_info": {"max_input_tokens": fake.context}}
    metrics = {} if fake.metrics is None else {"/metrics": lambda: (str(fake.metrics), 200)}
    slots = {} if fake.slots is None else {"/slots": lambda: (list(fake.slots or ()), 200)}
    by_flavour: dict[str, dict[str, Any]] = {
        "vllm": {"/health": lambda: health, "/version": lambda: ({"version": "0.32.0"}, 200)} | metrics,
        "sglang": {"/health": lambda: health},
        "tensorrt": {"/health": lambda: health},
        "llamacpp": {"/health": lambda: health, "/props": lambda: (props, 200)} | metrics | slots,
        "llamafile": {"/health": lambda: health, "/props": lambda: (props, 200)},
        "tabby": {
            "/health": lambda: ({"status": "healthy", "issues": []}, 200),
            "/v1/model": lambda: ({"id": fake.model, "parameters": {"max_seq_len": fake.context}}, 200),
        },
        "lmstudio": {"/api/v0/models": lambda: ({"data": [{"id": name} | state for name in fake.models]}, 200)},
        "litellm": {
            "/health": lambda: ({"error": "every check here is a call of a model"}, 500),
            "/health/liveliness": lambda: ("I'm alive!", 200),
            "/v1/model/info": lambda: ({"data": [{"model_name": name} | info for name in fake.models]}, 200),
        },
    }
    return by_flavour.get(fake.flavour, {})
