"""Whatever a server does wrong ends in one of docmind's errors, and what came before is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from docmind.agents.backends.base import Backend, open_backend
from docmind.agents.errors import Code
from docmind.agents.settings import Profile, Timeouts
from docmind.agents.tokens import estimate
from fakes import BEFORE_HEADERS, FakeServer, Fault, Reply
from fakes.listening import listen

ANSWER = "The pump is blue and old."
QUICK = Timeouts(connect=1.0, first_token=0.6, loading=1.2, stall=0.6, total=10.0)
KINDS = pytest.mark.parametrize("kind", ["ollama", "openai"])


@asynccontextmanager
async def talking_to(
    server: FakeServer, kind: str, timeouts: Timeouts = QUICK, key: str = ""
) -> AsyncIterator[Backend]:
    url = server.ollama_url if kind == "ollama" else server.openai_url
    profile = Profile(kind=kind, url=url, model="tiny:latest", context=4096, timeouts=timeouts)  # type: ignore[arg-type]
    async with server:
        backend = open_backend("pumps", profile, key)
        try:
            yield backend
        finally:
            await backend.aclose()


FAULTS = {
    "refused": (Fault("refuse"), Code.UNAVAILABLE),
    "400": (Fault("status", status=400, message="invalid option"), Code.SERVER_ERROR),
    "401": (Fault("status", status=401, message="Invalid API key"), Code.UNAUTHORISED),
    "403": (Fault("status", status=403, message="forbidden"), Code.UNAUTHORISED),
    "404": (Fault("status", status=404, message="page not found"), Code.INVALID_RESPONSE),
    "429": (Fault("status", status=429, message="slow down"), Code.RATE_LIMITED),
    "500": (Fault("status", status=500), Code.SERVER_ERROR),
    "503": (Fault("status", status=503, message="server busy"), Code.NOT_READY),
    "redirect": (Fault("status", status=302, headers={"Location": "http://example.org/"}), Code.INVALID_RESPONSE),
    "overflow": (Fault("status", status=400, message="exceeds the available context size"), Code.CONTEXT_OVERFLOW),
    "no memory": (Fault("status", status=500, message="CUDA error: out of memory"), Code.OUT_OF_MEMORY),
    "no memory in the stream": (
        Fault("error", after=3, message="cudaMalloc failed: out of memory"),
        Code.OUT_OF_MEMORY,
    ),
    "web page": (Fault("html"), Code.INVALID_RESPONSE),
    "empty": (Fault("empty"), Code.INVALID_RESPONSE),
    "preamble only": (Fault("eof"), Code.INVALID_RESPONSE),
    "error after preamble": (Fault("error"), Code.SERVER_ERROR),
    "silence": (Fault("stall", after=BEFORE_HEADERS), Code.TIMEOUT),
    "error": (Fault("error", after=3), Code.SERVER_ERROR),
    "garbage": (Fault("garbage", after=3), Code.INVALID_RESPONSE),
    "reset": (Fault("reset", after=3), Code.BROKEN),
    "closed": (Fault("fin", after=3), Code.BROKEN),
    "no end marker": (Fault("eof", after=3), Code.INVALID_RESPONSE),
    "stall": (Fault("stall", after=3), Code.TIMEOUT),
}


@KINDS
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_becomes_an_error_after_what_came_before_it(kind: str, name: str) -> None:
    fault, code = FAULTS[name]
    async with talking_to(FakeServer([ANSWER], fault=fault), kind) as backend:
        heard = await listen(backend)

    assert heard.code == code
    assert heard.text == ("The pump is" if fault.after > 0 else "")
    assert heard.error is not None
    assert "pumps" in heard.error.message
    assert heard.error.hint


@KINDS
async def test_a_server_answers_again_after_a_fault(kind: str) -> None:
    async with talking_to(FakeServer([ANSWER], fault=Fault("reset", after=2, times=1)), kind) as backend:
        broken, whole = await listen(backend), await listen(backend)

    assert broken.code == Code.BROKEN
    assert whole.text == ANSWER


@KINDS
async def test_a_missing_model_names_those_that_are_there(kind: str) -> None:
    async with talking_to(FakeServer(models=["llama3.2:3b", "qwen3:8b"]), kind) as backend:
        heard = await listen(backend)

    assert heard.code == Code.MODEL_NOT_FOUND
    assert heard.error is not None
    assert "tiny:latest" in heard.error.message
    assert "llama3.2:3b, qwen3:8b" in heard.error.hint
    assert ("ollama pull tiny:latest" in heard.error.hint) == (kind == "ollama")


@KINDS
async def test_too_many_requests_says_when_to_come_back(kind: str) -> None:
    fault = Fault("status", status=429, headers={"Retry-After": "17"})
    async with talking_to(FakeServer(fault=fault), kind) as backend:
        heard = await listen(backend)

    assert heard.error is not None
    assert heard.error.retry_after_s == 17
    assert "17 s" in heard.error.hint
    assert heard.error.server_said == fault.message


@KINDS
async def test_a_whole_answer_instead_of_a_stream_is_taken(kind: str) -> None:
    async with talking_to(FakeServer([Reply(ANSWER, thinking="Hm.")], fault=Fault("json")), kind) as backend:
        heard = await listen(backend)

    assert (heard.text, heard.thinking, heard.error) == (ANSWER, "Hm.", None)
    assert kind == "ollama" or any(delta.whole for delta in heard.deltas)
    assert heard.usage is not None
    assert not heard.usage.estimated


@KINDS
async def test_a_key_that_the_server_repeats_is_not_shown(kind: str) -> None:
    fault = Fault("status", status=401, message="Incorrect API key provided: sk-secret-1. Get another.")
    async with talking_to(FakeServer(fault=fault), kind, key="sk-secret-1") as backend:
        heard = await listen(backend)

    assert heard.error is not None
    assert "Incorrect API key" in heard.error.message
    assert "sk-secret-1" not in str(heard.error)


@KINDS
async def test_a_servers_words_are_cleaned_and_cut(kind: str) -> None:
    fault = Fault("status", status=500, message="\x1b[31mred\x1b[0m " + "very " * 200 + "long")
    async with talking_to(FakeServer(fault=fault), kind) as backend:
        heard = await listen(backend)

    assert heard.error is not None
    assert "\x1b" not in heard.error.message
    assert len(heard.error.message) < 300


@KINDS
async def test_an_answer_is_cleaned_even_across_tokens(kind: str) -> None:
    async with talking_to(FakeServer(["It is \x1b[31m red \x1b]0;title\x07 now"]), kind) as backend:
        heard = await listen(backend)

    assert "\x1b" not in heard.text
    assert "title" not in heard.text
    assert heard.text.split() == ["It", "is", "red", "now"]


@KINDS
async def test_thinking_stays_apart(kind: str) -> None:
    replies = [Reply("The answer.", thinking="Let me see. It is blue.")]
    async with talking_to(FakeServer(replies), kind) as backend:
        heard = await listen(backend)

    assert (heard.text, heard.thinking) == ("The answer.", "Let me see. It is blue.")


@KINDS
async def test_inline_thinking_stays_apart(kind: str) -> None:
    async with talking_to(FakeServer(["<think>Let me see.</think>\n\nThe answer."]), kind) as backend:
        heard = await listen(backend)

    assert (heard.text, heard.thinking) == ("The answer.", "Let me see.")


@KINDS
async def test_thinking_alone_is_no_answer(kind: str) -> None:
    async with talking_to(FakeServer([Reply("", thinking="Let me see.")]), kind) as backend:
        heard = await listen(backend)

    assert heard.code == Code.INVALID_RESPONSE
    assert heard.thinking == "Let me see."


@KINDS
async def test_usage_is_estimated_where_the_server_does_not_count(kind: str) -> None:
    async with talking_to(FakeServer([Reply("12345678", usage=False)]), kind) as backend:
        heard = await listen(backend)

    assert heard.usage is not None
    assert heard.usage.estimated
    assert heard.usage.completion_tokens == estimate("12345678")
    assert heard.usage.prompt_tokens > 0


@KINDS
async def test_an_endless_answer_ends_at_the_total_limit(kind: str) -> None:
    timeouts = Timeouts(first_token=5, stall=5, total=0.8)
    async with talking_to(FakeServer(["word " * 1000], gap=0.01), kind, timeouts) as backend:
        heard = await listen(backend)

    assert heard.code == Code.TIMEOUT
    assert heard.text.startswith("word")
    assert heard.error is not None
    assert "timeouts.total" in heard.error.hint


@KINDS
async def test_a_model_that_is_loading_gets_more_time(kind: str) -> None:
    timeouts = Timeouts(first_token=0.2, loading=30)
    server = FakeServer([ANSWER], fault=Fault("stall", after=BEFORE_HEADERS), loading=True, flavour="llamacpp")
    async with talking_to(server, kind, timeouts) as backend:
        asked = "/api/ps" if kind == "ollama" else "/health"
        listening = asyncio.create_task(listen(backend))
        await server.until(lambda: sum(request.path == asked for request in server.requests) >= 2)
        server.resume()
        heard = await listening

    assert (heard.text, heard.error) == (ANSWER, None)


@KINDS
async def test_a_model_that_never_loads_times_out(kind: str) -> None:
    server = FakeServer([ANSWER], fault=Fault("stall", after=BEFORE_HEADERS), loading=True, flavour="llamacpp")
    async with talking_to(server, kind) as backend:
        heard = await listen(backend)

    assert heard.code == Code.TIMEOUT
    assert heard.error is not None
    assert "timeouts.loading" in heard.error.hint
