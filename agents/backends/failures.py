"""The seam at which errors of the HTTP and client libraries become DocmindErrors; nowhere else are they mapped.

The client libraries are recognised by the attributes of their errors, so that neither has to be imported for the other:
openai's and ollama's carry `status_code` (-1 or none: an error inside a 200 stream), openai's `body`, ollama's `error`.
"""

import json
import math
import re
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx

from ..errors import Code, DocmindError
from ..text import clean, one_line, redact
from .http import NotAModelServer

DAY_S = 86_400.0
"""The longest Retry-After that is told to the user, in seconds."""
WORDS_LIMIT = 200
"""Characters of a server's own words that a message quotes."""

MEMORY = re.compile(
    r"out.?of.?(device.?)?memory|insufficient memory|alloc_failed"
    r"|more system memory|signal: killed"
    r"|cudamalloc|(failed|unable) to allocate|cannot allocate memory|bad_alloc|memoryerror"
    r"|insufficient system resources"
    r"|no available memory for the cache|larger than the available kv cache|less than desired gpu memory",
    re.IGNORECASE,
)
"""The words of CUDA, ROCm, Vulkan and Metal; Ollama; llama.cpp, Linux, C++ and Python; LM Studio; vLLM."""

ON_GPU = re.compile(r"cuda|cublas|rocm|\bhip|vulkan|\bvk::|metal|device|gpu", re.IGNORECASE)
"""Whose memory is lacking, where MEMORY's words say it: a card's."""

OVERFLOW = re.compile(
    r"exceed_context_size|context_length_exceeded|context (length|window|size)|maximum (context|input) length"
    r"|(prompt|input) is too long|too many tokens",
    re.IGNORECASE,
)
"""The words of llama.cpp, vLLM and OpenAI, LM Studio, TabbyAPI."""

_SAYS = {
    Code.CONTEXT_OVERFLOW: OVERFLOW,
    Code.OUT_OF_MEMORY: MEMORY,
    # OpenAI and the gateways in front of it.
    Code.REFUSAL: re.compile(r"content_filter|content_policy|content management policy|ContentPolicy", re.IGNORECASE),
    # OpenAI and vLLM, Ollama, LiteLLM.
    Code.MODEL_NOT_FOUND: re.compile(
        r"model_not_found|model\b.{0,80}\b(not found|does not exist)|invalid model name", re.IGNORECASE
    ),
}
"""Faults that servers tell in words, under many statuses."""


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
        return DocmindError(Code.BROKEN, message, "Look into the server's log: it may have crashed.")
    if isinstance(error, NotAModelServer):
        return DocmindError(Code.INVALID_RESPONSE, f"{name} ({url}) {error} instead of a model's reply.", _ADDRESS)
    if isinstance(error, json.JSONDecodeError):
        message = f"{name} ({url}) sent a line that is not JSON instead of a model's reply."
        return DocmindError(Code.INVALID_RESPONSE, message, "Check that the profile's kind fits the server.")
    return None


_STOPS = (".", "!", "?", "…")
_ADDRESS = "Is the port right, and is there a proxy or login page in between? Set url to the model server itself."
_START = "Start the server, or correct the profile's url."
_LOG = "Look into the server's log."
_WHAT = {
    Code.CONTEXT_OVERFLOW: "The prompt does not fit into the context window of {who}{said}",
    Code.OUT_OF_MEMORY: "{who} has too little memory{said}",
    Code.REFUSAL: "{who} refuses to answer{said}",
    Code.MODEL_NOT_FOUND: "{who} does not have the model {model!r}.",
}
_HINTS = {
    Code.CONTEXT_OVERFLOW: "Set a smaller context in the profile, or start the server with a larger one.",
    Code.OUT_OF_MEMORY: "Use a smaller model, or a smaller context.",
    Code.REFUSAL: "Ask in other words, or use another profile.",
    Code.MODEL_NOT_FOUND: "",  # the backend adds the models that are there
}


def _reply(error: BaseException, name: str, url: str, model: str, key: str) -> DocmindError | None:
    """Errors that the server spoke itself."""
    response = _response(error)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    body = getattr(error, "error", None) or getattr(error, "body", None) or _body(error)
    if status is None and not body:
        return None  # not an error of a client library
    status = None if status == -1 else status
    words = _words(body, key)
    said = f": {words}" if words else ""
    said += "" if said.endswith(_STOPS) else "."
    failure = _told(status, body, f"{name} ({url})", said, clean(model))
    failure.server_said = words
    failure.retry_after_s = _retry_after(response)
    if failure.code == Code.RATE_LIMITED and failure.retry_after_s is not None and failure.retry_after_s <= DAY_S:
        failure.hint = f"Try again in {failure.retry_after_s:g} s."
    return failure


def _response(error: BaseException) -> httpx.Response | None:
    """ollama's error does not carry it, but was raised while httpx's was handled."""
    context = error.__context__
    if isinstance(context, httpx.HTTPStatusError):
        return context.response
    response = getattr(error, "response", None)
    return response if isinstance(response, httpx.Response) else None


def _body(error: BaseException) -> object:
    """What came with an error of httpx, which is read where it is raised."""
    if not isinstance(error, httpx.HTTPStatusError):
        return None
    try:
        return error.response.json()
    except ValueError:
        return error.response.text


def _told(status: int | None, body: object, who: str, said: str, model: str) -> DocmindError:
    """The error that the words tell of, else that of the HTTP status; None: it came inside a stream."""
    if status not in (401, 403, 429):
        code = next((code for code, words in _SAYS.items() if words.search(json.dumps(body, default=str))), None)
        if code:
            return DocmindError(code, _WHAT[code].format(who=who, said=said, model=model), _HINTS[code])
    if status is None:
        return DocmindError(Code.SERVER_ERROR, f"{who} broke off with an error{said}", _LOG)
    if status == 404 and "model" in said.lower():
        return DocmindError(Code.MODEL_NOT_FOUND, f"{who} does not have the model {model!r}.")
    return _by_status(status, who, said)


def _by_status(status: int, who: str, said: str) -> DocmindError:
    """The error of an HTTP status."""
    if status in (401, 403):
        hint = "Name the environment variable that holds the key in api_key_env, and set it."
        return DocmindError(Code.UNAUTHORISED, f"{who} refused the API key (HTTP {status}){said}", hint)
    if status == 413:
        message = f"The prompt is too large for {who} (HTTP {status}){said}"
        return DocmindError(Code.CONTEXT_OVERFLOW, message, _HINTS[Code.CONTEXT_OVERFLOW])
    if status == 429:
        hint = "Try again later, or use another profile."
        return DocmindError(Code.RATE_LIMITED, f"{who} takes no more requests now{said}", hint)
    if status in (408, 504):
        return DocmindError(Code.TIMEOUT, f"{who} ran out of time (HTTP {status}){said}", _START)
    if status in (502, 503):
        hint = "It may be starting or overloaded: try again, or look into its log."
        return DocmindError(Code.NOT_READY, f"{who} is not ready (HTTP {status}){said}", hint)
    if status in (404, 405):
        hint = "Check the profile's url and kind: kind ollama wants no path, kind openai often /v1."
        return DocmindError(Code.INVALID_RESPONSE, f"{who} does not offer this interface (HTTP {status}){said}", hint)
    verb = "failed" if status >= 500 else "rejected the request"
    return DocmindError(Code.SERVER_ERROR, f"{who} {verb} (HTTP {status}){said}", _LOG)


def _words(body: object, key: str) -> str:
    """The server's own words, clean and short, or ''."""
    while isinstance(body, dict):
        body = body.get("message") or body.get("error") or body.get("detail") or json.dumps(body)
    # Cleaned first: what is cleaned away may stand inside the key.
    return one_line(redact(clean(str(body or "")), [key, json.dumps(key)[1:-1]]), WORDS_LIMIT)


def _retry_after(response: httpx.Response | None) -> float | None:
    """The Retry-After header, seconds or a date (RFC 9110, 10.2.3); None where there is no usable one."""
    value = response.headers.get("Retry-After", "") if response is not None else ""
    try:
        seconds = float(value) if value[:1].isdigit() else parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return max(0.0, round(seconds, 1)) if math.isfinite(seconds) else None
