"""Every library error has its code, message and hint."""

import json

import httpx
import ollama
import openai
import pytest

from docmind.agents.backends.failures import WORDS_LIMIT, as_docmind_error
from docmind.agents.errors import Code, DocmindError

REQUEST = httpx.Request("POST", "http://127.0.0.1:1/v1/chat/completions")
VLLM_OVERFLOW = "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"


def status(code: int, body: object = None, headers: dict[str, str] | None = None) -> openai.APIStatusError:
    response = httpx.Response(code, request=REQUEST, headers=headers)
    return openai.APIStatusError("Error", response=response, body=body)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


ERRORS = [
    (httpx.ConnectError("refused"), Code.UNAVAILABLE),
    (ConnectionError("Failed to connect to Ollama"), Code.UNAVAILABLE),
    (ConnectionRefusedError(111, "refused"), Code.UNAVAILABLE),
    (ConnectionResetError(104, "reset"), Code.UNAVAILABLE),
    (BrokenPipeError(32, "pipe"), Code.UNAVAILABLE),
    (OSError(113, "no route"), Code.UNAVAILABLE),
    (httpx.ReadError(""), Code.UNAVAILABLE),
    (httpx.RemoteProtocolError("peer closed"), Code.UNAVAILABLE),
    (httpx.ConnectTimeout(""), Code.TIMEOUT),
    (httpx.ReadTimeout(""), Code.TIMEOUT),
    (TimeoutError(), Code.TIMEOUT),
    (caused(openai.APIConnectionError(request=REQUEST), httpx.ConnectError("")), Code.UNAVAILABLE),
    (caused(openai.APITimeoutError(REQUEST), httpx.ConnectTimeout("")), Code.TIMEOUT),
    (json.JSONDecodeError("Expecting value", "<<<", 0), Code.INVALID_RESPONSE),
    (KeyError("message"), Code.INVALID_RESPONSE),
    (AttributeError("'list' object has no attribute 'get'"), Code.INVALID_RESPONSE),
    (ollama.ResponseError("CUDA error: out of memory"), Code.SERVER_ERROR),
    (ollama.ResponseError("model 'x' not found", 404), Code.MODEL_NOT_FOUND),
    (ollama.ResponseError("404 page not found", 404), Code.INVALID_RESPONSE),
    (ollama.ResponseError("unauthorized", 401), Code.UNAUTHORISED),
    (ollama.ResponseError("server busy", 503), Code.UNAVAILABLE),
    (ollama.ResponseError("runner terminated", 500), Code.SERVER_ERROR),
    (openai.APIError("CUDA", REQUEST, body={"message": "CUDA out of memory"}), Code.SERVER_ERROR),
    (status(400, {"message": VLLM_OVERFLOW}), Code.CONTEXT_OVERFLOW),
    (status(400, {"message": "request (9 tokens) exceeds the available context size"}), Code.CONTEXT_OVERFLOW),
    (status(400, {"message": "temperature must be positive"}), Code.SERVER_ERROR),
    (status(401, {"message": "no key"}), Code.UNAUTHORISED),
    (status(404, {"message": "The model `x` does not exist."}), Code.MODEL_NOT_FOUND),
    (status(404), Code.INVALID_RESPONSE),
    (status(408), Code.TIMEOUT),
    (status(429), Code.RATE_LIMITED),
    (status(502, "<html>Bad gateway</html>"), Code.UNAVAILABLE),
    (status(504), Code.TIMEOUT),
    (DocmindError(Code.CRASHED, "gone", "again"), Code.CRASHED),
]


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_has_its_code_and_says_what_to_do(error: Exception, code: Code) -> None:
    failure = as_docmind_error(error, "fast", "http://127.0.0.1:1", "x")

    assert failure.code == code
    assert failure.message
    assert failure.hint or code == Code.MODEL_NOT_FOUND  # the backend adds the models that are there


def test_lack_of_memory_has_a_hint_of_its_own() -> None:
    failure = as_docmind_error(ollama.ResponseError("CUDA error: out of memory"), "fast", "http://h", "x")

    assert "smaller" in failure.hint


def test_the_time_to_wait_is_shown_only_if_it_is_a_number() -> None:
    def hint(value: str) -> str:
        return as_docmind_error(status(429, headers={"Retry-After": value}), "fast", "http://h", "x").hint

    assert "30 s" in hint("30")
    assert "Wed" not in hint("Wed, 21 Oct 2026 07:28:00 GMT")


def test_the_servers_words_are_cut() -> None:
    failure = as_docmind_error(status(500, {"message": "long " * 500}), "fast", "http://h", "x")

    assert len(failure.message) < WORDS_LIMIT + 100
    assert failure.message.endswith("…")


@pytest.mark.parametrize("body", [{"error": {"message": ["odd"]}}, ["list"], 7, {"detail": "why"}, {"x": {}}])
def test_odd_bodies_do_no_harm(body: object) -> None:
    assert as_docmind_error(status(500, body), "fast", "http://h", "x").code == Code.SERVER_ERROR
