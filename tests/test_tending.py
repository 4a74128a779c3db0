"""Models are loaded when their profile is chosen, and their servers looked at, with the real engine."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from docmind.agents.client import Client
from docmind.agents.protocol import Answered, Ask, Check, Checked, Failed, Library, Observe, Observed, Token, Warm
from docmind.agents.record.loads import loads_file, read
from docmind.agents.records import ProfileState
from docmind.agents.settings import Profile, Settings
from engine_clients import opened, result, wait_for
from fakes import FakeServer
from fakes.gguf import write_gguf


@asynccontextmanager
async def client_for(data_dir: Path, folder: Path, **profiles: Profile) -> AsyncIterator[Client]:
    async with aclosing(await opened(data_dir, folder, Settings(profiles=profiles, fallback=["quotes"]))) as client:
        await wait_for(client, Library)
        yield client


async def checked(client: Client) -> ProfileState:
    while not isinstance(event := await client.receive(), Checked):
        pass
    return event.profile


async def observed(client: Client, profile: str) -> Observed:
    client.send(Observe(profile=profile))
    while not isinstance(event := await client.receive(), Observed):
        pass
    return event


def of(server: FakeServer) -> Profile:
    return Profile(kind="ollama", url=server.ollama_url, model=server.model)


async def test_a_gguf_is_loaded_when_told_and_how_that_went_is_kept(
    data_dir: Path, folder: Path, tmp_path: Path
) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", ["Answer: 42."])
    async with client_for(data_dir, folder, tiny=Profile(kind="llamacpp", path=str(path), threads=1)) as client:
        assert (await observed(client, "tiny")).view.loaded == []
        client.send(Warm(profile="tiny"))
        loading, ready = await checked(client), await checked(client)
        view = (await observed(client, "tiny")).view
        client.send(Check(profiles=["tiny"]))
        again = await checked(client)
    assert (loading.state, ready.state) == ("loading", "ready")
    assert ready.loaded
    assert view.loaded
    assert (ready.loaded.place, view.loaded[0].place) == ("cpu", "cpu")
    assert view.traffic.running == 0
    assert again.loads_in_s
    assert [(load.profile, load.model) for load in read(loads_file(data_dir))] == [("tiny", "tiny")]


async def test_ollama_loads_the_model_of_the_profile_that_was_chosen(data_dir: Path, folder: Path) -> None:
    async with FakeServer(loading=True, load_s=3.0, in_vram=0.5) as server:
        async with client_for(data_dir, folder, mine=of(server)) as client:
            client.send(Check(profiles=["mine"]))
            cold = await checked(client)
            client.send(Warm(profile="mine"))
            loading, ready = await checked(client), await checked(client)
            client.send(Warm(profile="mine"))  # it is loaded: nothing is told
            assert (await observed(client, "mine")).view.of(server.model)
        loads = [request for request in server.requests if request.path == "/api/chat"]
    assert (cold.state, cold.level, cold.context) == ("cold", "full", 8192)
    assert (loading.state, ready.state) == ("loading", "ready")
    assert ready.loaded
    assert ready.loaded.gpu_percent == 50
    assert len(loads) == 1


async def test_no_server_that_wants_to_be_paid_or_has_its_model_is_asked(data_dir: Path, folder: Path) -> None:
    async with FakeServer(loading=True, model="gpt-oss:120b-cloud") as paid, FakeServer() as vllm:
        profiles = {
            "paid": of(paid),
            "vllm": Profile(kind="openai", url=vllm.openai_url, model=vllm.model),
        }
        async with client_for(data_dir, folder, **profiles) as client:
            for name in profiles:
                client.send(Warm(profile=name))
            for name in profiles:
                await observed(client, name)
            client.send(Ask(run="r", question="Is the pump blue?", profile="quotes"))
            await result(client, "r")
        assert not [request for request in [*paid.requests, *vllm.requests] if request.method == "POST"]


async def test_a_model_is_loaded_after_the_answer_that_is_being_written(
    data_dir: Path, folder: Path, tmp_path: Path
) -> None:
    tiny = Profile(kind="llamacpp", path=str(write_gguf(tmp_path / "tiny.gguf", ["Answer: 42."])), threads=1)
    search = 'Action: search_documents\nAction Input: {"query": "pump"}'
    async with (
        FakeServer([search, "Answer: " + "blue " * 40], gap=0.01) as server,
        client_for(data_dir, folder, slow=of(server), tiny=tiny) as client,
    ):
        client.send(Ask(run="r", question="Is the pump blue?", profile="slow"))
        await wait_for(client, Token)
        client.send(Warm(profile="tiny"))
        events, end = await result(client, "r")
        assert isinstance(end, Answered)
        loading = await checked(client)
    assert not [event for event in events if isinstance(event, Checked)]
    assert loading.state == "loading"


async def test_a_server_that_hangs_is_in_nobodys_way(data_dir: Path, folder: Path) -> None:
    async with FakeServer(hangs=["/api/ps"]) as server:
        async with client_for(data_dir, folder, mine=of(server)) as client:
            client.send(Observe(profile="mine"))
            client.send(Observe(profile="mine"))  # not answered: the first one is on its way
            client.send(Ask(run="r", question="Is the pump blue?", profile="quotes"))
            events, end = await result(client, "r")
            looks = [event for event in events if isinstance(event, Observed)]
            while not looks:
                looks = [event for event in [await client.receive()] if isinstance(event, Observed)]
        asked = [request for request in server.requests if request.path == "/api/ps"]
    assert isinstance(end, Answered)
    assert looks[0].view.loaded is None
    assert len(asked) == 1


async def test_a_load_that_fails_says_why(data_dir: Path, folder: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(b"GGUF\x03\x00\x00\x00 and nothing else")
    async with client_for(data_dir, folder, bad=Profile(kind="llamacpp", path=str(damaged))) as client:
        client.send(Warm(profile="bad"))
        loading, failed = await checked(client), await checked(client)
    assert loading.state == "loading"
    assert (failed.state, failed.code) == ("cold", "ERR_5011")
    assert "damaged.gguf" in failed.reason


async def test_what_cannot_answer_is_not_loaded_and_nothing_is_said_twice(
    data_dir: Path, folder: Path, tmp_path: Path
) -> None:
    gone = Profile(kind="llamacpp", path=str(tmp_path / "gone.gguf"))
    async with client_for(data_dir, folder, gone=gone) as client:
        for name in ("gone", "never"):
            client.send(Warm(profile=name))
            assert (await observed(client, name)).view.of("gone") is None
        client.send(Ask(run="r", question="Is the pump blue?", profile="quotes"))
        events, end = await result(client, "r")
    assert isinstance(end, Answered)
    assert not [event for event in events if isinstance(event, Checked | Failed)]
