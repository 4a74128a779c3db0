"""The shape of a model that an Ollama server has, loaded or not: /api/show for its facts, /api/tags for its size."""

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from ...backends.hosts import shown
from ...errors import Code, DocmindError
from ...text import one_line
from .facts import shape_by_size
from .shape import Shape

_LIMITS = httpx.Timeout(10, connect=2)
_MOST = 32 << 20
"""Bytes of an answer that are read."""


def ask(model: str, url: str) -> Shape:
    """Raises DocmindError (UNAVAILABLE, MODEL_NOT_FOUND, INVALID_RESPONSE, MODEL_FILE)."""
    named = one_line(model, 100)
    with httpx.Client(base_url=url.rstrip("/"), timeout=_LIMITS, trust_env=False) as client:
        told = _json(client, "POST", "/api/show", named, {"model": model})
        listed = _json(client, "GET", "/api/tags", named)
    return shape(model, told, listed)


def shape(model: str, told: Mapping[str, Any], listed: Mapping[str, Any]) -> Shape:
    """By what /api/show and /api/tags told. Raises DocmindError (INVALID_RESPONSE, MODEL_FILE)."""
    named = one_line(model, 100)
    sizes = [one.get("size") for one in _dicts(listed.get("models")) if one.get("name") in (model, f"{model}:latest")]
    facts = told.get("model_info")
    if not isinstance(facts, dict) or not sizes or type(sizes[0]) is not int or not 0 < sizes[0] < 2**53:
        message = f"The server does not tell the size and the layers of {named}."
        raise DocmindError(Code.INVALID_RESPONSE, message, "Update Ollama, or name the GGUF file.")
    parameters = facts.get("general.parameter_count")
    return shape_by_size(facts, sizes[0], parameters if isinstance(parameters, int) and parameters > 0 else 0, named)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _json(client: httpx.Client, method: str, path: str, model: str, body: Any = None) -> dict[str, Any]:
    where = shown(client.base_url)
    try:
        with client.stream(method, path, json=body) as response:
            data = b""
            for piece in response.iter_bytes():
                data += piece
                if len(data) > _MOST:
                    break
    except httpx.HTTPError as error:
        message = f"{model} is no file here, and no Ollama answers at {where} ({type(error).__name__})."
        raise DocmindError(Code.UNAVAILABLE, message, "Start Ollama, or name a GGUF file or a folder.") from error
    if response.status_code == 404:
        message = f"There is no file {model}, and the Ollama at {where} has no model of that name."
        raise DocmindError(Code.MODEL_NOT_FOUND, message, f"Look with `ollama list`, or fetch it: ollama pull {model}")
    try:
        answer = msgspec.json.decode(data)
    except msgspec.DecodeError:
        answer = None
    if response.status_code != 200 or not isinstance(answer, dict):
        message = f"The server at {where} does not answer as Ollama does (status {response.status_code})."
        raise DocmindError(Code.INVALID_RESPONSE, message, "Name an Ollama server in the profile's url.")
    return answer
