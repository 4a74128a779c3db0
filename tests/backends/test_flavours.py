"""Each OpenAI-compatible server is recognised, once, and asked in its own way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from docmind.agents.backends.flavours import FLAVOURS, recognise, window_in
from docmind.agents.backends.openai import OpenAI
from docmind.agents.backends.openai_server import UNKNOWN_CONTEXT
from docmind.agents.errors import Code
from docmind.agents.settings import Profile
from fakes import FakeServer, Fault
from fakes.listening import listen

NAMES = {
    "vllm": "vLLM",
    "lmstudio": "LM Studio",
    "llamacpp": "llama-server",
    "llamafile": "llamafile",
    "sglang": "SGLang",
    "tabby": "TabbyAPI",
    "tensorrt": "TensorRT-LLM",
    "litellm": "LiteLLM",
    "plain": "unknown",
}
TELLS_NO_WINDOW = ("tensorrt", "plain")
every_flavour = pytest.mark.parametrize("flavour", NAMES)


@asynccontextmanager
async def asking(server: FakeServer, **more: Any) -> AsyncIterator[OpenAI]:
    async with server:
        backend = OpenAI("server", Profile(kind="openai", url=server.openai_url, **more))
        try:
            yield backend
        finally:
            await backend.aclose()


def paths(server: FakeServer) -> list[str]:
    return [request.path for request in server.requests]


def test_every_flavour_is_tried_but_the_one_that_is_known_by_its_host() -> None:
    assert {*NAMES.values(), "OpenAI"} == {flavour.name for flavour in FLAVOURS}


def test_openai_is_known_by_its_host() -> None:
    known = recognise("api.openai.com", "cloudflare", {"system", "openai"})

    assert known is not None
    assert known.name == "OpenAI"
    assert recognise("openai.example.com", "cloudflare", {"system", "openai"}) is None


@every_flavour
async def test_a_flavour_is_recognised_by_what_it_answers(flavour: Any) -> None:
    async with asking(FakeServer(flavour=flavour)) as backend:
        assert (await backend.flavour()).name == NAMES[flavour]


@every_flavour
async def test_its_window_is_found_where_it_tells_it(flavour: Any) -> None:
    async with asking(FakeServer(flavour=flavour, context=5000)) as backend:
        assert await backend.context() == (UNKNOWN_CONTEXT if flavour in TELLS_NO_WINDOW else 5000)


@every_flavour
async def test_its_health_is_asked_for_without_a_call_of_a_model(flavour: Any) -> None:
    server = FakeServer(flavour=flavour)
    async with asking(server) as backend:
        assert (await backend.health()).state == "ready"

    assert not server.chats
    assert flavour != "litellm" or "/health" not in paths(server)


async def test_it_is_recognised_once() -> None:
    server = FakeServer(flavour="litellm")
    async with asking(server) as backend:
        for _ in range(3):
            await backend.flavour()
            await backend.health()

    assert paths(server).count("/v1/models") == 1


async def test_after_a_failure_it_is_looked_at_again() -> None:
    server = FakeServer(["Yes."], flavour="vllm", fault=Fault("reset", times=1))
    async with asking(server) as backend:
        assert (await backend.flavour()).name == "vLLM"
        assert (await listen(backend)).code == Code.BROKEN
        server.flavour = "sglang"
        assert (await backend.flavour()).name == "SGLang"


@pytest.mark.parametrize(
    "answer", [[], {}, {"data": None}, {"data": [7]}, {"data": [{"id": "m"}]}, {"n": {"ctx": "x"}}]
)
def test_a_window_that_is_not_there_is_none(answer: Any) -> None:
    assert window_in(answer, "m", "n.ctx") is None
