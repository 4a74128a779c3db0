"""What the openai kind sends, and what it finds out about a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from docmind.agents.backends.openai import OpenAI
from docmind.agents.backends.openai_server import UNKNOWN_CONTEXT
from docmind.agents.errors import Code
from docmind.agents.settings import Profile, Timeouts
from fakes import FakeServer, Fault, Reply
from fakes.listening import listen


@asynccontextmanager
async def asking(server: FakeServer, url: str = "", key: str = "", **more: Any) -> AsyncIterator[OpenAI]:
    async with server:
        backend = OpenAI("server", Profile(kind="openai", url=url or server.openai_url, **more), key)
        try:
            yield backend
        finally:
            await backend.aclose()


@pytest.mark.parametrize("flavour", ["vllm", "llamacpp", "lmstudio"])
async def test_the_window_is_what_the_server_says(flavour: Any) -> None:
    async with asking(FakeServer(context=5000, flavour=flavour)) as backend:
        assert await backend.context() == 5000


async def test_a_large_window_is_not_used_whole() -> None:
    async with asking(FakeServer(context=131_072)) as backend:
        assert await backend.context() == 8192


async def test_the_profiles_window_is_taken_as_it_is() -> None:
    async with asking(FakeServer(context=5000), context=20_000) as backend:
        assert await backend.context() == 20_000


async def test_a_server_that_tells_no_window_is_trusted_with_little() -> None:
    async with asking(FakeServer(flavour="plain")) as backend:
        assert await backend.context() == UNKNOWN_CONTEXT


@pytest.mark.parametrize(
    ("fault", "known"),
    [
        (Fault("status", status=500), True),
        (Fault("status", status=429), True),
        (Fault("error", after=1), True),
        (Fault("stall", after=1), True),
        (Fault("status", status=503), False),
        (Fault("fin", after=1), False),
        (Fault("status", status=400, message="maximum context length"), False),
    ],
    ids=str,
)
async def test_the_window_is_asked_for_again_only_where_it_may_be_another(fault: Fault, known: bool) -> None:
    server = FakeServer(context=5000, fault=fault)
    async with asking(server, timeouts=Timeouts(stall=0.1)) as backend:
        assert await backend.context() == 5000
        assert (await listen(backend)).error
        assert bool(backend.window) == known
        server.resume()
        server.context = 3000
        assert await backend.context() == (5000 if known else 3000)


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
async def test_v1_is_added_where_it_is_missing(path: str) -> None:
    server = FakeServer(["Yes."])
    async with asking(server, url=f"http://127.0.0.1:{server.port}{path}") as backend:
        heard = await listen(backend)

    assert heard.text == "Yes."
    assert server.chats[0].path == "/v1/chat/completions"


async def test_a_path_in_front_is_kept() -> None:
    server = FakeServer(["Yes."], prefix="/llm/eu", flavour="llamacpp", context=3000)
    async with asking(server) as backend:
        assert (await listen(backend)).text == "Yes."
        assert (await backend.health()).state == "ready"
        assert await backend.context() == 3000

    assert all(request.path.startswith("/llm/eu/") for request in server.requests)


async def test_the_key_is_sent_and_a_missing_one_is_said() -> None:
    async with asking(FakeServer(["Yes."], key="k-1"), key="k-1") as backend:
        assert (await listen(backend)).text == "Yes."
    async with asking(FakeServer(key="k-1")) as backend:
        assert (await listen(backend)).code == Code.UNAUTHORISED
        assert (await backend.health()).code == Code.UNAUTHORISED


async def test_options_limits_and_stops_go_into_the_body() -> None:
    server = FakeServer()
    options = {"temperature": 0.7, "top_k": 5, "chat_template_kwargs": {"enable_thinking": False}}
    async with asking(server, max_tokens=77, options=options) as backend:
        await listen(backend, stop=["Observation:"])
    body = server.chats[0].body

    assert body | options == body
    assert (body["max_tokens"], body["stop"], body["stream"]) == (77, ["Observation:"], True)


async def test_without_a_stop_none_is_sent() -> None:
    server = FakeServer()
    async with asking(server) as backend:
        await listen(backend)

    assert "stop" not in server.chats[0].body


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
async def test_both_names_of_thinking_are_known(field: str) -> None:
    server = FakeServer([Reply("Blue.", thinking="Hm.")], thinking_field=field)
    async with asking(server) as backend:
        heard = await listen(backend)

    assert (heard.text, heard.thinking) == ("Blue.", "Hm.")


async def test_a_loading_server_is_neither_ready_nor_down() -> None:
    async with asking(FakeServer(flavour="llamacpp", loading=True)) as backend:
        assert (await backend.health()).state == "loading"


async def test_a_server_with_no_chat_model_says_so() -> None:
    async with asking(FakeServer(models=["text-embedding-3-small"])) as backend:
        assert (await listen(backend)).code == Code.MODEL_NOT_FOUND


async def test_another_model_is_found_after_the_first_one_is_gone() -> None:
    server = FakeServer(["Yes."], models=["old"])
    async with asking(server) as backend:
        assert (await listen(backend)).text == "Yes."
        server.models = ["new"]
        assert (await listen(backend)).code == Code.MODEL_NOT_FOUND
        assert (await listen(backend)).text == "Yes."
        assert await backend.model() == "new"


async def test_a_failed_request_is_not_repeated() -> None:
    server = FakeServer(fault=Fault("status", status=500))
    async with asking(server) as backend:
        await listen(backend)

    assert len(server.chats) == 1


async def test_a_server_that_refuses_calls_while_it_loads_its_model_is_waited_for() -> None:
    fault = Fault("status", status=503, message="Loading model", times=2)
    async with asking(FakeServer(["Yes."], flavour="llamacpp", loading=True, fault=fault)) as backend:
        heard = await listen(backend)

    assert (heard.text, heard.error) == ("Yes.", None)
    assert [delta.loading for delta in heard.deltas if not delta.usage] == [True, False], "it is told once"


async def test_one_that_is_busy_is_not_waited_for() -> None:
    server = FakeServer(flavour="llamacpp", fault=Fault("status", status=503, message="server busy"))
    async with asking(server) as backend:
        assert (await listen(backend)).code == Code.NOT_READY

    assert len(server.chats) == 1
