from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from docmind.agents.client import Client, stop
from docmind.agents.errors import Code
from docmind.agents.protocol import Answered, Ask, Check, Checked, Failed, Library, Profiles
from docmind.agents.record.stats import summary
from docmind.agents.record.store import read, record_file
from docmind.agents.records import ProfileState
from docmind.agents.settings import Profile, Settings
from engine_clients import opened, result, wait_for
from fakes import FakeServer, Fault
from fakes.gguf import write_gguf

SEARCH = 'Action: search_documents\nAction Input: {"query": "pump"}'


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer([SEARCH, "Answer: The pump is blue [1]."], context=4096) as server:
        yield server


async def checked(client: Client, *names: str) -> tuple[list[ProfileState], dict[str, ProfileState]]:
    """What is said at once, and what the probes found."""
    client.send(Check(profiles=list(names)))
    while not isinstance(event := await client.receive(), Profiles):
        assert not isinstance(event, Failed), event
    first, found = event.profiles, dict[str, ProfileState]()
    while len(found) < len(first):
        if isinstance(event := await client.receive(), Checked):
            found[event.profile.name] = event.profile
    return first, found


async def test_every_profile_is_shown_at_once_and_then_as_it_is(
    data_dir: Path, folder: Path, tmp_path: Path, server: FakeServer
) -> None:
    gguf = write_gguf(tmp_path / "tiny.gguf", ["Answer: 42."])
    profiles = {
        "alive": Profile(kind="ollama", url=server.ollama_url, priority=9),
        "file": Profile(kind="llamacpp", path=str(gguf), context=2048),
        "nofile": Profile(kind="llamacpp", path=str(tmp_path / "missing.gguf")),
        "dead": Profile(kind="openai", url="http://127.0.0.1:9/v1", model="big"),
    }
    client = await opened(data_dir, folder, Settings(profiles=profiles))
    async with aclosing(client):
        first, found = await checked(client)
    assert {state.state for state in first} == {"checking"}
    assert first[0].name == "alive"
    assert {state.name for state in first} == {*profiles, "quotes"}
    alive = found["alive"]
    assert (alive.state, alive.model, alive.context, alive.where) == ("ready", server.model, 4096, server.ollama_url)
    assert (found["file"].state, found["file"].model, found["file"].context) == ("cold", "tiny", 2048)
    assert {name: state.fit for name, state in found.items() if state.fit} == {"file": "fits"}
    assert (found["nofile"].state, found["nofile"].code) == ("down", Code.MODEL_FILE)
    assert (found["dead"].state, found["dead"].code, found["dead"].model) == ("down", Code.UNAVAILABLE, "big")
    assert all(state.reason and state.hint for state in found.values() if state.state == "down")
    assert found["quotes"].state == "ready"


async def test_only_the_named_profiles_are_checked(data_dir: Path, folder: Path, server: FakeServer) -> None:
    settings = Settings(profiles={"alive": Profile(kind="ollama", url=server.ollama_url)})
    client = await opened(data_dir, folder, settings)
    async with aclosing(client):
        first, found = await checked(client, "quotes")
        assert [state.name for state in first] == list(found) == ["quotes"]


async def test_an_unknown_profile_is_named(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    async with aclosing(client):
        await wait_for(client, Library)
        client.send(Check(profiles=["nobody"]))
        while not isinstance(event := await client.receive(), Failed):
            pass
    assert event.code == Code.CONFIG
    assert "nobody" in event.message
    assert "quotes" in event.hint


async def test_the_speed_of_each_profile_is_that_of_its_own_last_call_that_went_well(
    data_dir: Path, folder: Path, server: FakeServer
) -> None:
    with FakeServer([SEARCH], fault=Fault("fin", after=3), gap=0.01) as broken:
        profiles = {
            "broken": Profile(kind="ollama", url=broken.ollama_url, priority=9),
            "alive": Profile(kind="ollama", url=server.ollama_url),
        }
        client = await opened(data_dir, folder, Settings(profiles=profiles))
        async with aclosing(client):
            first, _ = await checked(client, *profiles)
            assert [state.tokens_per_s for state in first] == [None, None]
            client.send(Ask(run="1", question="Which colour has the pump?"))
            _, answered = await result(client, "1")
            assert isinstance(answered, Answered)
            first, found = await checked(client, *profiles)
    await stop(data_dir)
    last = read(record_file(data_dir))[-1]
    assert last.profile == "alive"
    speed = summary("alive", [last]).tokens_per_s
    assert [state.tokens_per_s for state in first] == [None, speed]
    assert found["alive"].tokens_per_s == speed


async def test_a_server_that_loads_its_model_is_no_dead_one(data_dir: Path, folder: Path) -> None:
    with FakeServer(flavour="llamacpp", loading=True) as server:
        settings = Settings(profiles={"slow": Profile(kind="openai", url=server.openai_url)})
        client = await opened(data_dir, folder, settings)
        async with aclosing(client):
            _, found = await checked(client, "slow")
    assert found["slow"].state == "loading"


async def test_a_model_that_was_loaded_since_the_last_look_is_ready(
    data_dir: Path, folder: Path, server: FakeServer
) -> None:
    settings = Settings(profiles={"alive": Profile(kind="ollama", url=server.ollama_url, model=server.model)})
    client = await opened(data_dir, folder, settings)
    async with aclosing(client):
        server.loading = True
        assert (await checked(client, "alive"))[1]["alive"].state == "cold"
        server.loading = False
        assert (await checked(client, "alive"))[1]["alive"].state == "ready"
