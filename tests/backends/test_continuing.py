"""A backend that continues gives what follows the beginning, and nothing twice; one that cannot says so."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.llms import ChatMessage

from docmind.agents.backends.base import Backend, Delta, open_backend
from docmind.agents.backends.echo import EchoFilter
from docmind.agents.backends.llamacpp import LlamaCpp
from docmind.agents.backends.openai import OpenAI
from docmind.agents.backends.trial import QUESTION, goes_on
from docmind.agents.errors import Code, DocmindError
from docmind.agents.settings import Profile, Timeouts
from fakes import FakeServer, Fault
from fakes.gguf import write_gguf
from fakes.listening import listen

WHOLE = "The pump is blue, and it was painted in May."
GIVEN = "The pump is blue, and"
REST = " it was painted in May."
MESSAGES = [ChatMessage(role="user", content="Which colour?"), ChatMessage(role="assistant", content=GIVEN)]
CONTINUE = ["ollama", "vllm", "lmstudio", "llamacpp", "llamafile", "sglang", "tabby"]
DO_NOT = ["plain", "tensorrt", "litellm"]
TRIED = ["ollama", "lmstudio", "llamafile", "sglang", "tabby"]


@asynccontextmanager
async def asking(case: str, server: FakeServer, **more: Any) -> AsyncIterator[Backend]:
    if case != "ollama":
        server.flavour = case  # type: ignore[assignment]
    url, kind = (server.ollama_url, "ollama") if case == "ollama" else (server.openai_url, "openai")
    async with server:
        backend = open_backend("server", Profile(kind=kind, url=url, **more))  # type: ignore[arg-type]
        try:
            yield backend
        finally:
            await backend.aclose()


def trials(server: FakeServer) -> int:
    return sum(chat.body["messages"][0]["content"] == QUESTION for chat in server.chats)


@pytest.mark.parametrize("case", CONTINUE)
async def test_only_what_follows_is_streamed(case: str) -> None:
    async with asking(case, FakeServer([WHOLE])) as backend:
        assert (await backend.abilities()).continues
        heard = await listen(backend, MESSAGES)

    assert (heard.text, heard.error) == (REST, None)
    assert len(heard.deltas) > 3


@pytest.mark.parametrize("case", DO_NOT)
async def test_a_server_that_is_not_known_to_continue_is_not_relied_upon(case: str) -> None:
    server = FakeServer([WHOLE])
    async with asking(case, server) as backend:
        assert not (await backend.abilities()).continues

    assert not server.chats


@pytest.mark.parametrize("case", TRIED)
@pytest.mark.parametrize("way", ["restarts", "refuses"])
async def test_a_model_that_cannot_is_found_out_by_one_trial(case: str, way: Any) -> None:
    server = FakeServer([WHOLE], continues=way)
    async with asking(case, server) as backend:
        for _ in range(3):
            assert not (await backend.abilities()).continues

    assert trials(server) == 1


async def test_what_was_proven_is_not_tried() -> None:
    server = FakeServer([WHOLE])
    async with asking("vllm", server) as backend:
        assert (await backend.abilities()).continues

    assert not server.chats


async def test_a_dead_server_is_not_one_that_cannot_continue() -> None:
    async with asking("ollama", FakeServer(fault=Fault("reset"))) as backend:
        with pytest.raises(DocmindError) as caught:
            await backend.abilities()

    assert caught.value.code == Code.BROKEN


@pytest.mark.parametrize("case", CONTINUE)
async def test_a_beginning_that_is_repeated_is_dropped(case: str) -> None:
    async with asking(case, FakeServer([WHOLE], continues="repeats")) as backend:
        assert (await backend.abilities()).continues
        assert (await listen(backend, MESSAGES)).text == REST


@pytest.mark.parametrize("case", CONTINUE)
async def test_an_answer_that_was_complete_already_gets_no_more(case: str) -> None:
    async with asking(case, FakeServer([GIVEN])) as backend:
        heard = await listen(backend, MESSAGES)

    assert (heard.text, heard.error) == ("", None)
    assert heard.usage is not None


async def test_options_of_the_profile_are_kept_beside_those_of_continuing() -> None:
    server = FakeServer([WHOLE])
    options = {"top_k": 5, "chat_template_kwargs": {"enable_thinking": True, "style": "short"}}
    async with asking("vllm", server, options=options) as backend:
        await listen(backend, MESSAGES)
    body = server.chats[0].body

    assert body["top_k"] == 5
    assert body["chat_template_kwargs"] == {"enable_thinking": False, "style": "short"}


async def test_llama_cpp_goes_on_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", [WHOLE])
    backend = LlamaCpp("tiny", Profile(kind="llamacpp", path=str(path), threads=1))
    try:
        assert (await backend.abilities()).continues
        whole, rest = await listen(backend, MESSAGES[:1]), await listen(backend, MESSAGES)
    finally:
        await backend.aclose()

    assert whole.text == WHOLE
    assert (rest.text, rest.error) == (REST, None)


@pytest.mark.parametrize("size", range(1, len(GIVEN) + 2))
def test_a_repetition_is_dropped_however_it_is_cut(size: int) -> None:
    echo, text = EchoFilter(GIVEN), GIVEN + REST
    said = "".join(echo.feed(text[at : at + size]) for at in range(0, len(text), size)) + echo.close()

    assert said == REST


@pytest.mark.parametrize("said", ["The pump is", "The pump is red.", "", "it was"])
def test_what_is_no_repetition_is_kept(said: str) -> None:
    echo = EchoFilter(GIVEN)

    assert "".join(map(echo.feed, said)) + echo.close() == said


def test_a_short_beginning_may_be_said_again() -> None:
    assert EchoFilter("No").feed("No") == "No"


@pytest.mark.parametrize(
    ("deltas", "continues"),
    [
        ([" five", ", six"], True),
        ([" 5, 6"], True),
        (["one, two", ", three"], False),
        (["Here you go: five"], False),
        ([], False),
    ],
)
async def test_a_trial_looks_for_the_next_number(deltas: list[str], continues: bool) -> None:
    async def stream() -> AsyncGenerator[Delta, None]:
        for text in deltas:
            yield Delta(text=text)

    assert await goes_on(stream()) is continues


async def test_a_model_that_thinks_first_does_not_just_go_on() -> None:
    async def stream() -> AsyncGenerator[Delta, None]:
        yield Delta(thinking="Let me count.")
        yield Delta(text=" five")

    assert not await goes_on(stream())


async def test_the_real_llama_server_is_recognised_and_continues_for_kind_openai(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", [WHOLE], context=4096)
    ours = LlamaCpp("tiny", Profile(kind="llamacpp", path=str(path), threads=1))
    try:
        await ours.context()
        theirs = OpenAI("server", Profile(kind="openai", url=str(ours.url)), ours.key)
        health, flavour, window = await theirs.health(), await theirs.flavour(), await theirs.context()
        heard = await listen(theirs, MESSAGES)
        await theirs.aclose()
    finally:
        await ours.aclose()

    assert (health.state, flavour.name, window) == ("ready", "llama-server", 4096)
    assert (heard.text, heard.error) == (REST, None)


@pytest.mark.parametrize("case", ["ollama", "plain"])
async def test_a_server_that_hangs_when_it_is_asked_what_it_can_do_is_not_waited_for(case: str) -> None:
    timeouts = Timeouts(first_token=0.3)
    async with asking(case, FakeServer(hangs=["/"]), timeouts=timeouts, model="tiny") as backend:
        async with asyncio.timeout(30):
            with pytest.raises(DocmindError) as caught:
                await backend.abilities()
    assert caught.value.code == Code.TIMEOUT
