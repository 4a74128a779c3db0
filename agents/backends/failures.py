"""The seam at which errors of the HTTP and client libraries become DocmindErrors; nowhere else are they mapped.

The client libraries are recognised by the attributes of their errors, so that neither has to be imported for the other:
openai's and ollama's carry `status_code` (-1 or none: an error inside a 200 stream), openai's `body`, ollama's `error`.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx

from ..errors import Code, DocmindError
from ..text import clean, one_line, redact
from .http import NotAModelServer

WORDS_LIMIT = 200
"""Characters of a server's own words that a message quotes."""

# llama.cpp, vLLM and OpenAI, LM Studio, TabbyAPI.
_OVERFLOW = re.compile(
    r"exceed_context_size|context_length_exceeded|context (length|window|size)|maximum (context|input) length"
    r"|(prompt|input) is too long|too many tokens",
    re.IGNORECASE,
)
_MEMORY = re.compile(r"out of memory|more system memory|cudamalloc", re.IGNORECASE)


def as_docmind_error(error: BaseException, name: str, url: str, model: str, key: str = "") -> DocmindError:
    """What an error of profile `name` means to the user. `key` is taken out of the server's words."""
    for cause in _causes(error):
        if isinstance(cause, DocmindError):
            return cause
        known = _connection(cause, name, url) or _reply(cause, name, url, model, key)
        if known:
            return known
    return DocmindError(
        Code.INVALID_RESPONSE,
        f"{name} ({url}) sent something that is no model's reply ({type(error).__name__}).",
        "Check that the profile's kind fits the server, and the server's log.",
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _connection(error: BaseException, name: str, url: str) -> DocmindError | None:
    """Errors below HTTP."""
    if isinstance(error, httpx.ConnectTimeout):
        return DocmindError(Code.TIMEOUT, f"{name} ({url}) did not accept a connection in time.", _START)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return DocmindError(Code.TIMEOUT, f"{name} ({url}) did not answer in time.", _START)
    if isinstance(error, httpx.ConnectError) or type(error) in (ConnectionError, ConnectionRefusedError):
        return DocmindError(Code.UNAVAILABLE, f"{name}: nothing answers at {url}.", _START)
    if isinstance(error, httpx.TransportError | OSError):
        message = f"{name} ({url}) closed the connection before the answer was complete."
        return DocmindError(Code.UNAVAILABLE, message, "Look into the server's log: it may have crashed.")
    if isinstance(error, NotAModelServer):
        return DocmindError(Code.INVALID_RESPONSE, f"{name} ({url}) {error} instead of a model's reply.", _ADDRESS)
    if isinstance(error, json.JSONDecodeError):
        message = f"{name} ({url}) sent a line that is not JSON instead of a model's reply."
        return DocmindError(Code.INVALID_RESPONSE, message, "Check that the profile's kind fits the server.")
    return None


_ADDRESS = "Is the port right, and is there a proxy or login page in between? Set url to the model server itself."
_START = "Start the server, or correct the profile's url."


def _reply(error: BaseException, name: str, url: str, model: str, key: str) -> DocmindError | None:
    """Errors that the server spoke itself."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    words = _words(error, key)
    if status is None and not words:
        return None  # not an error of a client library
    who, said = f"{name} ({url})", f": {words}" if words else "."
    if _OVERFLOW.search(words):
        return DocmindError(
            Code.CONTEXT_OVERFLOW,
            f"The prompt does not fit into the context window of {who}{said}",
            "Set a smaller context in the profile, or start the server with a larger one.",
        )
    if status in (None, -1):
        return DocmindError(Code.SERVER_ERROR, f"{who} broke off with an error{said}", _server_hint(words))
    return _by_status(int(status), who, said, model, response)


def _by_status(status: int, who: str, said: str, model: str, response: Any) -> DocmindError:
    """The error of an HTTP status."""
    if status in (401, 403):
        hint = "Name the environment variable that holds the key in api_key_env, and set it."
        return DocmindError(Code.UNAUTHORISED, f"{who} refused the API key (HTTP {status}){said}", hint)
    if status == 404 and "model" in said.lower():
        return DocmindError(Code.MODEL_NOT_FOUND, f"{who} does not have the model {clean(model)!r}.")
    if status == 429:
        return DocmindError(Code.RATE_LIMITED, f"{who} takes no more requests now{said}", _wait_hint(response))
    if status in (408, 504):
        return DocmindError(Code.TIMEOUT, f"{who} ran out of time (HTTP {status}){said}", _START)
    if status in (502, 503):
        hint = "It may be starting or overloaded: try again, or look into its log."
        return DocmindError(Code.UNAVAILABLE, f"{who} is not ready (HTTP {status}){said}", hint)
    if status in (404, 405):
        hint = "Check the profile's url and kind: kind ollama wants no path, kind openai often /v1."
        return DocmindError(Code.INVALID_RESPONSE, f"{who} does not offer this interface (HTTP {status}){said}", hint)
    verb = "failed" if status >= 500 else "rejected the request"
    return DocmindError(Code.SERVER_ERROR, f"{who} {verb} (HTTP {status}){said}", _server_hint(said))


def _words(error: BaseException, key: str) -> str:
    """The server's own words, clean and short, or ''."""
    body = getattr(error, "error", None) or getattr(error, "body", None)
    while isinstance(body, dict):
        body = body.get("message") or body.get("error") or body.get("detail") or json.dumps(body)
    # Cleaned first: what is cleaned away may stand inside the key.
    return one_line(redact(clean(str(body or "")), [key, json.dumps(key)[1:-1]]), WORDS_LIMIT)


def _wait_hint(response: Any) -> str:
    seconds = clean(response.headers.get("Retry-After", ""))[:30] if response is not None else ""
    return f"Try again in {seconds} s." if seconds.isdigit() else "Try again later, or use another profile."


def _server_hint(words: str) -> str:
    if _MEMORY.search(words):
        return "The model does not fit into memory: use a smaller one, or a smaller context."
    return "Look into the server's log."
