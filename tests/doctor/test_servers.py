"""Which model servers there are, and their versions."""

import pytest

from docmind.agents.doctor.servers import Engine, find, servers
from docmind.agents.settings import Kind, Profile
from fakes import FakeServer, Fault
from fakes.server import Flavour


def profile(kind: Kind, url: str) -> Profile:
    return Profile(kind=kind, url=url)


@pytest.mark.parametrize(
    ("flavour", "name", "version"),
    [
        ("vllm", "vLLM", "0.32.0"),
        ("llamacpp", "llama-server", "b11549-abcdef0"),
        ("lmstudio", "LM Studio", None),
        ("plain", "OpenAI-compatible server", None),
    ],
)
async def test_a_server_is_told_with_its_version(flavour: Flavour, name: str, version: str | None) -> None:
    async with FakeServer(flavour=flavour) as server:
        url = server.openai_url
        (found,) = await find({"one": profile("openai", url), "two": profile("openai", url)}, {}, {})
    assert found == Engine(name=name, version=version, url=url, profiles=["one", "two"])


async def test_a_server_that_runs_here_is_told_even_if_no_profile_uses_it() -> None:
    async with FakeServer() as server:
        found = await find({"none": Profile(kind="quotes")}, {"ollama": profile("ollama", server.ollama_url)}, {})
        url = server.ollama_url
    (told,) = servers(found, has_gpu=True)
    assert (told.level, told.why) == ("ok", f"Ollama 0.12.0 at {url}, no profile uses it")
    assert "OLLAMA_KV_CACHE_TYPE" in told.do
    assert servers(found, has_gpu=False)[0].do == ""


async def test_a_server_with_a_key_is_asked_with_it() -> None:
    async with FakeServer(key="secret") as server:
        one = profile("openai", server.openai_url)
        assert await find({"one": one}, {}, {}) == []
        (found,) = await find({"one": one}, {}, {"one": "secret"})
    assert found.version == "0.32.0"


async def test_servers_that_are_silent_or_none_are_left_to_the_profiles_findings() -> None:
    async with FakeServer(hangs=("/",)) as silent, FakeServer(fault=Fault("refuse")) as closed:
        urls = [silent.openai_url, closed.openai_url, "http://example.org/v1", "http://[:::", ""]
        assert await find({url: profile("openai", url) for url in urls}, {}, {}) == []
