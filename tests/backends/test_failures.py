"""Every library error has its code, message and hint."""

import json
import time
from email.utils import formatdate

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
    (ConnectionResetError(104, "reset"), Code.BROKEN),
    (BrokenPipeError(32, "pipe"), Code.BROKEN),
    (OSError(113, "no route"), Code.BROKEN),
    (httpx.ReadError(""), Code.BROKEN),
    (httpx.RemoteProtocolError("peer closed"), Code.BROKEN),
    (httpx.ConnectTimeout(""), Code.TIMEOUT),
    (httpx.ReadTimeout(""), Code.TIMEOUT),
    (TimeoutError(), Code.TIMEOUT),
    (caused(openai.APIConnectionError(request=REQUEST), httpx.ConnectError("")), Code.UNAVAILABLE),
    (caused(openai.APITimeoutError(REQUEST), httpx.ConnectTimeout("")), Code.TIMEOUT),
    (json.JSONDecodeError("Expecting value", "<<<", 0), Code.INVALID_RESPONSE),
    (KeyError("message"), Code.INVALID_RESPONSE),
    (AttributeError("'list' object has no attribute 'get'"), Code.INVALID_RESPONSE),
    (ollama.ResponseError("CUDA error: out of memory"), Code.OUT_OF_MEMORY),
    (ollama.ResponseError("model 'x' not found", 404), Code.MODEL_NOT_FOUND),
    (ollama.ResponseError("404 page not found", 404), Code.INVALID_RESPONSE),
    (ollama.ResponseError("unauthorized", 401), Code.UNAUTHORISED),
    (ollama.ResponseError("server busy", 503), Code.NOT_READY),
    (ollama.ResponseError("runner terminated", 500), Code.SERVER_ERROR),
    (openai.APIError("CUDA", REQUEST, body={"message": "CUDA out of memory"}), Code.OUT_OF_MEMORY),
    (status(400, {"message": VLLM_OVERFLOW}), Code.CONTEXT_OVERFLOW),
    (status(400, {"message": "request (9 tokens) exceeds the available context size"}), Code.CONTEXT_OVERFLOW),
    (status(400, {"message": "temperature must be positive"}), Code.SERVER_ERROR),
    (status(401, {"message": "no key"}), Code.UNAUTHORISED),
    (status(404, {"message": "The model `x` does not exist."}), Code.MODEL_NOT_FOUND),
    (status(404), Code.INVALID_RESPONSE),
    (status(408), Code.TIMEOUT),
    (status(429), Code.RATE_LIMITED),
    (status(502, "<html>Bad gateway</html>"), Code.NOT_READY),
    (status(504), Code.TIMEOUT),
    (status(413, "too large"), Code.CONTEXT_OVERFLOW),
    (status(400, {"message": "Nope.", "code": "content_filter"}), Code.REFUSAL),
    (status(400, {"message": "Too long.", "type": "exceed_context_size_error"}), Code.CONTEXT_OVERFLOW),
    (status(400, {"message": "/chat/completions: Invalid model name passed in model=x"}), Code.MODEL_NOT_FOUND),
    (status(500, {"message": "model requires more system memory (9 GiB) than is available"}), Code.OUT_OF_MEMORY),
    (status(429, {"message": "tokens per minute: too many tokens"}), Code.RATE_LIMITED),
    (DocmindError(Code.CRASHED, "gone", "again"), Code.CRASHED),
]


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_has_its_code_and_says_what_to_do(error: Exception, code: Code) -> None:
    failure = as_docmind_error(error, "fast", "http://127.0.0.1:1", "x")

    assert failure.code == code
    assert failure.message
    assert failure.hint or code == Code.MODEL_NOT_FOUND  # the backend adds the models that are there


@pytest.mark.parametrize(
    "words",
    [
        "llama runner process has terminated: cudaMalloc failed: out of memory",
        "llama runner process has terminated: signal: killed",
        "model requires more system memory (5.6 GiB) than is available (2.1 GiB)",
        "ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 536870912",
        "error loading model: unable to allocate CUDA0 buffer",
        "llama_model_load: mmap failed: Cannot allocate memory",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "vk::Device::allocateMemory: ErrorOutOfDeviceMemory",
        "UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY",
        "status 5: Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)",
        "CUBLAS_STATUS_ALLOC_FAILED",
        "torch.OutOfMemoryError: HIP out of memory.",
        "No available memory for the cache blocks.",
        "4.00 GiB KV cache is needed, which is larger than the available KV cache memory (1.21 GiB).",
        "Free memory on device (3/16 GiB) on startup is less than desired GPU memory utilization (0.9, 14 GiB).",
        "The model was not loaded due to insufficient system resources.",
    ],
)
def test_every_engines_words_for_lack_of_memory_are_known(words: str) -> None:
    assert as_docmind_error(ollama.ResponseError(words), "fast", "http://h", "x").code == Code.OUT_OF_MEMORY


def test_lack_of_memory_has_a_hint_of_its_own() -> None:
    failure = as_docmind_error(ollama.ResponseError("CUDA error: out of memory"), "fast", "http://h", "x")

    assert "smaller" in failure.hint


@pytest.mark.parametrize(("wait", "hint"), [("90", "Try again in 90 s."), ("1234567890123", "Try again later, ")])
def test_a_wait_that_is_told_is_one_that_can_be_read(wait: str, hint: str) -> None:
    failure = as_docmind_error(status(429, headers={"Retry-After": wait}), "fast", "http://h", "x")

    assert failure.hint.startswith(hint)


def retry_after(value: str) -> float | None:
    return as_docmind_error(status(429, headers={"Retry-After": value}), "fast", "http://h", "x").retry_after_s


@pytest.mark.parametrize(("value", "seconds"), [("30", 30), ("0.5", 0.5), ("0", 0)])
def test_the_time_to_wait_is_known_in_seconds(value: str, seconds: float) -> None:
    assert retry_after(value) == seconds


def test_the_time_to_wait_may_be_a_date() -> None:
    wait = retry_after(formatdate(time.time() + 60, usegmt=True))

    assert wait is not None
    assert 0 < wait <= 60
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize("value", ["", "soon", "-3", "inf", "9" * 400, "1e999", "Wed, 99 Foo 2026 07:28:00 GMT"])
def test_a_time_to_wait_that_makes_no_sense_is_none(value: str) -> None:
    assert retry_after(value) is None


def test_the_servers_own_words_are_kept_apart() -> None:
    failure = as_docmind_error(status(503, {"message": "busy\x1b[31m, try later"}), "fast", "http://h", "x")

    assert failure.server_said == "busy, try later"
    assert failure.message.endswith(": busy, try later."), "another sentence may follow"


def test_the_servers_words_are_cut() -> None:
    failure = as_docmind_error(status(500, {"message": "long " * 500}), "fast", "http://h", "x")

    assert len(failure.message) < WORDS_LIMIT + 100
    assert failure.message.endswith("…")


@pytest.mark.parametrize("body", [{"error": {"message": ["odd"]}}, ["list"], 7, {"detail": "why"}, {"x": {}}])
def test_odd_bodies_do_no_harm(body: object) -> None:
    assert as_docmind_error(status(500, body), "fast", "http://h", "x").code == Code.SERVER_ERROR
