"""What the ollama kind sends, and what it finds out about a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from docmind.agents.backends.ollama import Ollama
from docmind.agents.errors import Code
from docmind.agents.settings import Profile
from fakes import FakeServer
from fakes.listening import listen


@asynccontextmanager
async def asking(server: FakeServer, key: str = "", **more: Any) -> AsyncIterator[Ollama]:
    async with server:
        backend = Ollama("server", Profile(kind="ollama", url=server.ollama_url, **more), key)
        try:
            yield backend
        finally:
            await backend.aclose()


@pytest.mark.parametrize(("trained", "chosen", "used"), [(131_072, None, 8192), (2048, None, 2048), (4096, 6000, 6000)])
async def test_every_request_has_the_same_explicit_window(trained: int, chosen: int | None, used: int) -> None:
    server = FakeServer(context=trained)
    async with asking(server, context=chosen) as backend:
        window = await backend.context()
        await listen(backend)
        await listen(backend)

    assert window == used
    assert [chat.body["options"]["num_ctx"] for chat in server.chats] == [used, used]


async def test_options_limits_and_stops_are_sent() -> None:
    server = FakeServer()
    options = {"temperature": 0.7, "seed": 5, "keep_alive": "30m", "thinking": False}
    async with asking(server, max_tokens=77, options=options) as backend:
        await listen(backend, stop=["Observation:"])
    body = server.chats[0].body

    assert (body["keep_alive"], body["think"]) == ("30m", False)
    assert (
        body["options"] | {"temperature": 0.7, "seed": 5, "num_predict": 77, "stop": ["Observation:"]}
        == body["options"]
    )
    assert "keep_alive" not in body["options"]


async def test_the_first_model_that_can_chat_is_used() -> None:
    async with asking(FakeServer(["Yes."], models=["nomic-embed-text:latest", "qwen3:8b"])) as backend:
        assert await backend.model() == "qwen3:8b"
        assert (await listen(backend)).text == "Yes."


async def test_a_model_that_is_not_there_is_seen_without_asking_it() -> None:
    async with asking(FakeServer(models=["qwen3:8b"]), model="llama3") as backend:
        health = await backend.health()

    assert (health.state, health.code) == ("down", Code.MODEL_NOT_FOUND)


async def test_a_model_without_a_tag_is_the_latest() -> None:
    async with asking(FakeServer(models=["llama3:latest"]), model="llama3") as backend:
        assert (await backend.health()).state == "ready"


async def test_a_server_without_models_says_how_to_get_one() -> None:
    async with asking(FakeServer(models=[])) as backend:
        heard = await listen(backend)

    assert heard.code == Code.MODEL_NOT_FOUND
    assert heard.error is not None
    assert "ollama pull" in heard.error.hint


async def test_the_key_is_sent() -> None:
    async with asking(FakeServer(["Yes."], key="k-1"), key="k-1") as backend:
        assert (await listen(backend)).text == "Yes."
