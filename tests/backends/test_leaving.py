"""Leaving a stream early frees the server, however it is left. How fast: benchmarks/faults.py."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from docmind.agents.backends.base import Backend, Delta, open_backend
from docmind.agents.backends.hosted import Hosted
from docmind.agents.backends.llamacpp import LlamaCpp
from docmind.agents.settings import Profile
from fakes import BEFORE_HEADERS, FakeServer, Fault
from fakes.gguf import write_gguf
from fakes.listening import QUESTION
from fakes.processes import gone
from fakes.waiting import until

Leave = Callable[[Backend], Awaitable[None]]


async def by_break(backend: Backend) -> None:
    async for _ in backend.stream(QUESTION):
        break


async def by_closing(backend: Backend) -> None:
    async with aclosing(backend.stream(QUESTION)) as stream:
        await anext(stream)


async def by_cancelling(backend: Backend) -> None:
    started = asyncio.Event()
    task = asyncio.create_task(_listen(backend.stream(QUESTION), started))
    await started.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def by_an_error(backend: Backend) -> None:
    with suppress(ZeroDivisionError):
        async for delta in backend.stream(QUESTION):
            raise ZeroDivisionError(delta)


async def _listen(stream: AsyncIterator[Delta], started: asyncio.Event) -> None:
    async for _ in stream:
        started.set()


WAYS = pytest.mark.parametrize("leave", [by_break, by_closing, by_cancelling, by_an_error])


@WAYS
@pytest.mark.parametrize("kind", ["ollama", "openai"])
async def test_a_server_sees_the_client_leave(kind: str, leave: Leave) -> None:
    async with FakeServer(fault=Fault("stall", after=2)) as server:
        url = server.ollama_url if kind == "ollama" else server.openai_url
        backend = open_backend("left", Profile(kind=kind, url=url))  # type: ignore[arg-type]
        await leave(backend)
        await server.until(lambda: server.disconnects)
        await backend.aclose()

    assert server.finished == 0


@pytest.mark.parametrize("kind", ["ollama", "openai"])
async def test_cancelling_before_the_first_token_frees_the_server(kind: str) -> None:
    async with FakeServer(fault=Fault("stall", after=BEFORE_HEADERS)) as server:
        url = server.ollama_url if kind == "ollama" else server.openai_url
        backend = open_backend("left", Profile(kind=kind, url=url))  # type: ignore[arg-type]
        task = asyncio.create_task(_listen(backend.stream(QUESTION), asyncio.Event()))
        await server.until(lambda: server.chats)
        task.cancel()
        await server.until(lambda: server.disconnects)
        await backend.aclose()

    assert server.finished == 0


@WAYS
async def test_llama_cpp_stops_generating(tmp_path: Path, leave: Leave) -> None:
    words = " ".join(f"word{number}" for number in range(7000))
    profile = Profile(
        kind="llamacpp", path=str(write_gguf(tmp_path / "long.gguf", [words])), threads=1, max_tokens=8000
    )
    backend = LlamaCpp("left", profile)
    await leave(backend)
    assert backend.child is not None
    log = backend.child.lines
    await until(lambda: any("cancel task" in line for line in log))
    await backend.aclose()


class Watched(Hosted):
    """Hands on what it hears once the class is busy again: before that, it can be stopped."""

    async def stream(self, *args: Any) -> AsyncGenerator[Delta, None]:
        log = Path(self.profile.options["log"])
        async with aclosing(super().stream(*args)) as stream:
            async for delta in stream:
                await until(lambda: "asleep" in log.read_text())
                yield delta


@WAYS
async def test_a_hosted_class_that_cannot_be_stopped_is_gone(
    leave: Leave, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    options = {"trouble": "sleep", "log": str(tmp_path / "log")}
    backend = Watched("left", Profile(kind="hosted", class_="fakes.llms.Streaming", options=options))
    await backend.context()
    assert backend.child is not None
    process = psutil.Process(backend.child.process.pid)
    await leave(backend)
    await until(lambda: gone(process))
    await backend.aclose()
