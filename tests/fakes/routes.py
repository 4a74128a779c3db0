"""What a FakeServer answers besides chats: the lists, states and properties of the servers that it stands for."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import FakeServer

CHAT = ("/api/chat", "/v1/chat/completions")
NOT_FOUND: tuple[Any, int] = ("404 page not found", 404)
DETAILS = {"format": "gguf", "family": "llama", "parameter_size": "8.0B", "quantization_level": "Q4_K_M"}


def answer(fake: "FakeServer", route: str, body: dict[str, Any]) -> tuple[Any, int]:
    """(JSON value or text, status) of a request."""
    if route == "/api/show":
        return _show(fake, str(body.get("model")))
    known = {
        "/": lambda: ("Ollama is running", 200),
        "/api/version": lambda: ({"version": "0.12.0"}, 200),
        "/api/tags": lambda: ({"models": [_tag(name) for name in fake.models]}, 200),
        "/api/ps": lambda: ({"models": [] if fake.loading else [_tag(fake.model) | {"size_vram": 4_661_224_676}]}, 200),
        "/v1/models": lambda: ({"object": "list", "data": [_model(fake, name) for name in fake.models]}, 200),
        **_flavoured(fake),
    }
    return known[route]() if route in known else NOT_FOUND


def _tag(name: str) -> dict[str, Any]:
    stamp = "2026-01-01T00:00:00Z"
    entry = {"name": name, "model": name, "modified_at": stamp, "size": 4_661_224_676, "digest": "a" * 64}
    return entry | {"details": DETAILS}


def _show(fake: "FakeServer", model: str) -> tuple[Any, int]:
    if model not in fake.models:
        return {"error": f"model '{model}' not found"}, 404
    info = {"general.architecture": "llama", "llama.context_length": fake.context, "llama.embedding_length": 4096}
    return {"details": DETAILS, "capabilities": ["completion"], "model_info": info}, 200


def _model(fake: "FakeServer", name: str) -> dict[str, Any]:
    model = {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": fake.flavour}
    if fake.flavour == "vllm":
        return model | {"max_model_len": fake.context}
    return model | ({"meta": {"n_ctx_train": 131_072}} if fake.flavour == "llamacpp" else {})


def _flavoured(fake: "FakeServer") -> dict[str, Any]:
    loading = {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
    if fake.flavour == "llamacpp":
        props = {"default_generation_settings": {"n_ctx": fake.context}, "total_slots": 1}
        health = (loading, 503) if fake.loading else ({"status": "ok"}, 200)
        return {"/health": lambda: health, "/props": lambda: (props, 200)}
    if fake.flavour == "vllm":
        return {"/health": lambda: (loading, 503) if fake.loading else ("", 200)}
    if fake.flavour == "lmstudio":
        data = [{"id": n, "type": "llm", "state": "loaded", "loaded_context_length": fake.context} for n in fake.models]
        return {"/api/v0/models": lambda: ({"object": "list", "data": data}, 200)}
    return {}
