"""What a server tells about its models and its work; the one of llama.cpp is real."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.backends.base import Backend, open_backend
from docmind.agents.settings import Profile, Timeouts
from docmind.agents.views import Load, Traffic, View
from fakes import FakeServer
from fakes.gguf import write_gguf
from fakes.listening import listen
from fakes.waiting import until

Opened = Callable[[Profile], Backend]
LONG = "word " * 400
SIZE = 4_661_224_676


@pytest.fixture
async def open_profile() -> AsyncIterator[Opened]:
    async with contextlib.AsyncExitStack() as stack:

        def opened(profile: Profile) -> Backend:
            backend = open_backend("mine", profile)
            stack.push_async_callback(backend.aclose)
            return backend

        yield opened


def at(server: FakeServer, kind: Any = "ollama", **more: Any) -> Profile:
    url = server.ollama_url if kind == "ollama" else server.openai_url
    return Profile(kind=kind, url=url, model=server.model, **more)


@pytest.mark.parametrize(("share", "percent", "place"), [(1.0, 100, "gpu"), (0.62, 62, "partly"), (0.0, 0, "cpu")])
async def test_ollama_tells_how_much_of_a_model_is_on_the_gpu(
    open_profile: Opened, share: float, percent: int, place: str
) -> None:
    async with FakeServer(in_vram=share) as server:
        (model,) = (await open_profile(at(server)).view()).loaded or []
    assert (model.size, model.gpu_percent, model.place) == (SIZE, percent, place)
    assert model.expires_at == pytest.approx(time.time() + 300, abs=30)


@pytest.mark.parametrize("share", [-1.0, 1e30])
async def test_what_no_memory_can_hold_is_not_told(open_profile: Opened, share: float) -> None:
    async with FakeServer(in_vram=share) as server:
        (model,) = (await open_profile(at(server)).view()).loaded or []
    assert (model.size, model.vram, model.place) == (SIZE, None, None)


async def test_a_model_that_ollama_does_not_list_is_cold_and_waits_for_its_room(open_profile: Opened) -> None:
    async with FakeServer(loading=True) as server:
        backend = open_profile(at(server))
        assert not backend.cold, "nobody has asked yet"
        assert await backend.fit() is None
        view = await backend.view()
        assert view == View(profile="mine", loaded=[])
        assert backend.cold
        assert await backend.fit() in ("fits", "partly", "no")


async def test_ollama_loads_and_lets_go_when_told(open_profile: Opened) -> None:
    loads: list[Load] = []
    async with FakeServer(loading=True, load_s=12.5) as server:
        backend = open_profile(at(server, context=4096, keep_alive=30, options={"num_gpu": 7, "thinking": False}))
        backend.note_load = loads.append
        await backend.load()
        loaded = server.requests[-2].body
        assert (await backend.view()).of(server.model)
        assert backend.holds_memory
        await backend.unload()
        assert server.requests[-2].body["keep_alive"] == 0
        assert not backend.holds_memory
    assert (loaded["messages"], loaded["keep_alive"]) == ([], "1800s")
    assert loaded["options"] == {"num_ctx": 4096, "num_gpu": 7}, "with other options the first call would load it anew"
    assert [(load.seconds, load.size, load.gpu_percent) for load in loads] == [(12.5, SIZE, 100)]


async def test_keep_alive_of_the_profile_goes_with_every_call_unless_the_options_have_one(open_profile: Opened) -> None:
    async with FakeServer() as server:
        await listen(open_profile(at(server, keep_alive=0.5)))
        await listen(open_profile(at(server, keep_alive=0.5, options={"keep_alive": -1})))
        await listen(open_profile(at(server)))
    assert [chat.body.get("keep_alive") for chat in server.chats] == ["30s", -1, None]


async def test_what_another_program_had_loaded_is_not_let_go(open_profile: Opened) -> None:
    async with FakeServer() as server:
        backend = open_profile(at(server))
        assert (await backend.view()).loaded
        assert not backend.holds_memory
        await listen(backend)
        assert backend.holds_memory


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "tiny:latest"])
async def test_ollamas_paid_service_is_not_warmed_up(open_profile: Opened, model: str) -> None:
    backend = open_profile(Profile(kind="ollama", model=model))
    assert backend.warms_up == (model == "tiny:latest")


@pytest.mark.parametrize("flavour", ["plain", "vllm", "llamacpp"])
async def test_a_server_that_tells_nothing_has_an_empty_view(open_profile: Opened, flavour: Any) -> None:
    async with FakeServer(flavour=flavour) as server:
        view = await open_profile(at(server, kind="openai")).view()
    assert view == View(profile="mine")


@pytest.mark.parametrize("kind", ["ollama", "openai"])
async def test_a_server_that_hangs_costs_no_more_than_the_connect_timeout(open_profile: Opened, kind: str) -> None:
    async with FakeServer(hangs=["/api/ps", "/v1/models"]) as server:
        backend = open_profile(at(server, kind=kind, timeouts=Timeouts(connect=0.05)))
        assert await asyncio.wait_for(backend.view(), 10) == View(profile="mine")


async def test_vllm_tells_its_queue_and_its_caches(open_profile: Opened) -> None:
    text = """\
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="a \\"b\\" } c"} 2.0
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.43
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 1000.0
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 910.0
vllm:generation_tokens_total{engine="0",model_name="m"} 1e3
vllm:request_success_total{finished_reason="stop"} 3.0
"""
    async with FakeServer(metrics=text) as server:
        backend = open_profile(at(server, kind="openai"))
        first = (await backend.view()).traffic
        server.metrics = text.replace("1e3", "9e3")
        second = (await backend.view()).traffic
    assert first == Traffic(running=2, waiting=1, kv_percent=43.0, prefix_percent=91.0)
    assert second.written_per_s
    assert second.prefix_percent == 91.0, "no prompt came since: what was known stays"


async def test_slots_tell_what_metrics_do_not(open_profile: Opened) -> None:
    busy = {"id": 0, "n_ctx": 4096, "is_processing": True, "n_prompt_tokens": 1024}
    idle = {"id": 1, "n_ctx": 4096, "is_processing": False}
    async with FakeServer(flavour="llamacpp", slots=[busy, idle]) as server:
        view = await open_profile(at(server, kind="openai")).view()
        server.slots = [idle]
        rested = await open_profile(at(server, kind="openai")).view()
    assert view.traffic == Traffic(running=1, kv_percent=12)
    assert rested.traffic == Traffic(running=0)


async def test_llama_cpp_tells_where_it_put_the_model_and_what_it_did(open_profile: Opened, tmp_path: Path) -> None:
    loads: list[Load] = []
    path = write_gguf(tmp_path / "tiny.gguf", [LONG])
    backend = open_profile(Profile(kind="llamacpp", path=str(path), threads=1, context=2048))
    backend.note_load = loads.append
    assert await backend.view() == View(profile="mine", loaded=[])
    await backend.load()
    before = await backend.view()
    assert "word" in (await listen(backend)).text
    after = await backend.view()
    (model,) = after.loaded or []
    (load,) = loads
    assert (model.model, model.place, model.vram) == ("tiny", "cpu", 0)
    assert model.size
    assert model.size > path.stat().st_size, "the weights, the KV cache and the compute buffer"
    assert (load.profile, load.model, load.size, load.gpu_percent) == ("mine", "tiny", model.size, 0)
    assert 0 < load.seconds < 60
    assert (before.traffic.running, before.traffic.written_per_s) == (0, None)
    assert after.traffic.written_per_s
    assert after.traffic.prompt_per_s
    assert after.traffic.prefix_percent == 0


async def test_a_child_ends_when_nobody_has_asked_it_for_so_long_and_comes_back(
    open_profile: Opened, tmp_path: Path
) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", ["It is 42."])
    backend = open_profile(Profile(kind="llamacpp", path=str(path), threads=1, keep_alive=0.001))
    assert (await listen(backend)).text == "It is 42."
    assert not backend.cold
    await until(lambda: backend.cold)
    assert (await listen(backend)).text == "It is 42."


async def test_a_model_that_is_being_asked_is_not_let_go(open_profile: Opened, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", [LONG])
    backend = open_profile(Profile(kind="llamacpp", path=str(path), threads=1))
    stream = backend.stream(listen.__defaults__[0])  # type: ignore[index]
    said = (await anext(stream)).text
    await backend.unload()
    said += "".join([delta.text async for delta in stream])
    assert said.split() == LONG.split()
    await backend.unload()
    assert backend.cold
