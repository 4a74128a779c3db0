"""Sockets go only to declared hosts."""

import httpx
import pytest

from docmind.agents.backends.base import open_backend
from docmind.agents.backends.hosts import check_url, is_loopback, shown
from docmind.agents.backends.http import HEADERS
from docmind.agents.errors import Code, DocmindError
from docmind.agents.settings import Profile
from fakes import FakeServer, Fault
from fakes.listening import listen


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "192.168.1.5", "example.org", "localhost.example.org", "127.0.0.1.example.org", "127.1", "::"]
)
def test_everything_else_is_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("url", ["http://gpu-box:8000/v1", "https://example.org", "http://localhost@example.org/v1"])
def test_a_remote_host_wants_to_be_declared(url: str) -> None:
    with pytest.raises(DocmindError) as caught:
        check_url("far", Profile(kind="openai", url=url))

    assert caught.value.code == Code.REMOTE_REFUSED
    assert "allow_remote = true" in caught.value.hint
    assert check_url("far", Profile(kind="openai", url=url, allow_remote=True)).host


@pytest.mark.parametrize(
    "url", ["", "localhost:11434", "ftp://localhost/", "http://", "file:///etc/passwd", "http://[::1"]
)
def test_what_is_no_address_is_a_mistake_in_the_settings(url: str) -> None:
    with pytest.raises(DocmindError) as caught:
        check_url("odd", Profile(kind="openai", url=url))

    assert caught.value.code == Code.CONFIG


def test_a_shown_url_has_no_password() -> None:
    assert shown(httpx.URL("http://user:secret@localhost:1/v1")) == "http://localhost:1/v1"


@pytest.mark.parametrize("kind", ["ollama", "openai"])
async def test_an_undeclared_host_is_refused_in_every_call(kind: str) -> None:
    backend = open_backend("far", Profile(kind=kind, url="http://192.0.2.1:9/v1", model="m"))  # type: ignore[arg-type]
    health, heard = await backend.health(), await listen(backend)

    assert (health.state, health.code) == ("down", Code.REMOTE_REFUSED)
    assert heard.code == Code.REMOTE_REFUSED
    with pytest.raises(DocmindError, match=r"ERR_5014"):
        await backend.models()


@pytest.mark.parametrize("kind", ["ollama", "openai"])
async def test_proxies_and_keys_of_the_environment_are_not_used(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeServer(["Direct."]) as server, FakeServer(["By proxy."]) as proxy:
        for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(variable, proxy.ollama_url)
        monkeypatch.setenv("OLLAMA_API_KEY", "not-for-you")
        monkeypatch.setenv("OPENAI_API_KEY", "not-for-you")
        url = server.ollama_url if kind == "ollama" else server.openai_url
        backend = open_backend("near", Profile(kind=kind, url=url))  # type: ignore[arg-type]
        heard = await listen(backend)
        await backend.aclose()

    assert heard.text == "Direct."
    assert not proxy.requests
    assert all("authorization" not in request.headers for request in server.requests)


@pytest.mark.parametrize("kind", ["ollama", "openai"])
async def test_headers_of_the_environment_are_not_sent(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Secret: s-1")
    async with FakeServer(["Yes."]) as server:
        url = server.ollama_url if kind == "ollama" else server.openai_url
        backend = open_backend("near", Profile(kind=kind, url=url))  # type: ignore[arg-type]
        assert (await listen(backend)).text == "Yes."
        await backend.aclose()

    assert {name for request in server.requests for name in request.headers} <= HEADERS


@pytest.mark.parametrize("kind", ["ollama", "openai"])
async def test_a_redirect_is_not_followed(kind: str) -> None:
    async with FakeServer(["Elsewhere."]) as other:
        fault = Fault("status", status=307, headers={"Location": f"{other.ollama_url}/api/chat"})
        async with FakeServer(fault=fault) as server:
            url = server.ollama_url if kind == "ollama" else server.openai_url
            backend = open_backend("near", Profile(kind=kind, url=url))  # type: ignore[arg-type]
            heard = await listen(backend)
            await backend.aclose()

    assert heard.code == Code.INVALID_RESPONSE
    assert not other.requests
