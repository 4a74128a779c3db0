"""The engine process and its clients: start, several clients, cancel, crash, other versions, the end."""

import asyncio
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from docmind import __version__
from docmind.agents.client import Client, connect, stop
from docmind.agents.endpoint import socket_file
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import (
    CANCELLED,
    Answered,
    AnyEvent,
    Ask,
    Cancel,
    Failed,
    Hello,
    Library,
    Open,
    Token,
    Welcome,
)
from docmind.agents.settings import EngineSettings, Profile, Settings
from fakes import FakeServer

SEARCH = 'Action: search_documents\nAction Input: {"query": "pump"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "pump.md").write_text("The pump is blue.\n")
    return folder


@pytest.fixture
async def data_dir(tmp_path: Path) -> AsyncIterator[Path]:
    """A data folder without an engine; the one that a test starts is ended afterwards."""
    yield tmp_path / "data"
    await stop(tmp_path / "data")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose engine the tests of this module share."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "run").mkdir(mode=0o700)
    yield folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        asyncio.run(stop(folder / "data"))


@pytest.fixture
def warm(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of the shared engine."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(shared / "run"))
    return shared / "data"


async def opened(data_dir: Path, folder: Path, settings: Settings | None = None) -> Client:
    client = await connect(data_dir)
    client.send(Open(settings=settings or Settings(fallback=["quotes"]), roots=[str(folder)]))
    return client


async def result(client: Client, run: str) -> tuple[list[AnyEvent], Answered | Failed]:
    """The events until the end of a run, and the end."""
    events: list[AnyEvent] = []
    async with asyncio.timeout(60), aclosing(client.events()) as arriving:
        async for event in arriving:
            events.append(event)
            if isinstance(event, Answered | Failed) and event.run == run:
                return events, event
    raise AssertionError("the engine left")


async def wait_for(client: Client, kind: type[AnyEvent]) -> None:
    async with asyncio.timeout(60):
        while not isinstance(await client.receive(), kind):
            pass


def engine_pid(data_dir: Path) -> int:
    (found,) = [p for p in psutil.process_iter(["cmdline"]) if str(data_dir.resolve()) in (p.info["cmdline"] or [])]
    return found.pid


def using(server: FakeServer) -> Settings:
    return Settings(profiles={"model": Profile(kind="ollama", url=server.ollama_url, model=server.model)})


async def test_a_question_is_answered_and_its_events_come_in_order(warm: Path, folder: Path) -> None:
    client = await opened(warm, folder)
    client.send(Ask(run="r1", question="What colour is the pump?", profile="quotes"))
    events, end = await result(client, "r1")
    await client.aclose()
    assert isinstance(end, Answered)
    assert "".join(event.text for event in events if isinstance(event, Token)) == end.answer
    kinds = [type(event).__name__ for event in events]
    order = ["Library", "ToolCalled", "ToolReturned", "Token", "Answered"]
    assert sorted(order, key=kinds.index) == order


async def test_the_socket_is_for_its_owner_only(warm: Path) -> None:
    client = await connect(warm)
    await client.aclose()
    assert stat.S_IMODE(socket_file(warm).stat().st_mode) == 0o600
    assert stat.S_IMODE(socket_file(warm).parent.stat().st_mode) == 0o700


async def test_clients_share_one_engine_and_each_gets_only_its_own_events(warm: Path, folder: Path) -> None:
    clients = [await opened(warm, folder) for _ in range(3)]
    for number, client in enumerate(clients):
        client.send(Ask(run=f"r{number}", question="What colour is the pump?", profile="quotes"))
    for number, client in enumerate(clients):
        events, end = await result(client, f"r{number}")
        assert isinstance(end, Answered)
        assert {getattr(event, "run", f"r{number}") for event in events} == {f"r{number}"}
        await client.aclose()
    assert engine_pid(warm)


async def test_clients_that_start_at_once_end_up_at_the_same_engine(data_dir: Path) -> None:
    clients = await asyncio.gather(*(connect(data_dir) for _ in range(3)))
    for client in clients:
        await client.aclose()
    assert engine_pid(data_dir)


async def test_text_arrives_in_batches_and_nothing_of_it_is_lost(warm: Path, folder: Path) -> None:
    words = " ".join(f"word{n}" for n in range(2000))
    with FakeServer([SEARCH, f"Answer: {words}"]) as server:
        client = await opened(warm, folder, using(server))
        client.send(Ask(run="r", question="What?"))
        events, end = await result(client, "r")
        await client.aclose()
    tokens = [event.text for event in events if isinstance(event, Token)]
    assert isinstance(end, Answered)
    assert end.answer == words == "".join(tokens)
    assert len(tokens) < 1000


async def test_a_cancelled_question_ends_at_the_server_too_and_the_next_one_is_answered(
    warm: Path, folder: Path
) -> None:
    with FakeServer([SEARCH, "Answer: It is" + " very" * 5000], gap=0.01) as server:
        client = await opened(warm, folder, using(server))
        client.send(Ask(run="long", question="What?"))
        await wait_for(client, Token)
        client.send(Cancel(run="long"))
        _, end = await result(client, "long")
        assert isinstance(end, Failed)
        assert end.code == CANCELLED
        await server.until(lambda: server.disconnects)
        client.send(Ask(run="short", question="What colour is the pump?", profile="quotes"))
        assert isinstance((await result(client, "short"))[1], Answered)
        await client.aclose()


async def test_a_client_that_leaves_takes_its_question_with_it(warm: Path, folder: Path) -> None:
    with FakeServer([SEARCH, "Answer: It is" + " very" * 5000], gap=0.01) as server:
        client = await opened(warm, folder, using(server))
        client.send(Ask(run="long", question="What?"))
        await wait_for(client, Token)
        await client.aclose()
        await server.until(lambda: server.disconnects)


async def test_a_second_question_waits_for_the_first_and_says_so(warm: Path, folder: Path) -> None:
    with FakeServer([SEARCH, "Answer: blue [1]."], gap=0.02) as server:
        client = await opened(warm, folder, using(server))
        client.send(Ask(run="one", question="What?"))
        client.send(Ask(run="two", question="And what else?"))
        events, end = await result(client, "two")
        await client.aclose()
    assert isinstance(end, Answered)
    assert next(getattr(event, "state", "") for event in events if getattr(event, "run", "") == "two") == "queued"
    assert [event.run for event in events if isinstance(event, Answered)] == ["one", "two"]


async def test_the_earlier_answer_is_part_of_the_next_prompt(warm: Path, folder: Path) -> None:
    with FakeServer([SEARCH, "Answer: It is as blue as the sky [1]."]) as server:
        client = await opened(warm, folder, using(server))
        for run in ("one", "two"):
            client.send(Ask(run=run, question=f"Question {run}?"))
            await result(client, run)
        await client.aclose()
        last = [message["content"] for message in server.chats[-2].body["messages"]]
    assert last[1:] == ["Question one?", "It is as blue as the sky [1].", "Question two?"]


async def test_a_killed_engine_is_noticed_and_the_next_client_starts_another(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    await wait_for(client, Library)
    killed = engine_pid(data_dir)
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(DocmindError) as lost:
        await result(client, "none")
    assert lost.value.code == Code.ENGINE_LOST
    await client.aclose()
    again = await connect(data_dir)
    await again.aclose()
    assert engine_pid(data_dir) != killed


async def test_a_socket_file_left_over_from_a_crash_is_no_obstacle(data_dir: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(socket_file(data_dir)))
    client = await connect(data_dir)
    await client.aclose()


async def test_sigterm_ends_the_engine_cleanly(data_dir: Path) -> None:
    client = await connect(data_dir)
    process = psutil.Process(engine_pid(data_dir))
    process.terminate()
    await client.ended()
    await asyncio.to_thread(process.wait, 30)
    await client.aclose()
    assert not socket_file(data_dir).exists()


async def test_an_engine_without_clients_ends_after_its_idle_time(data_dir: Path, folder: Path) -> None:
    settings = Settings(engine=EngineSettings(idle_minutes=0.001))
    client = await opened(data_dir, folder, settings)
    await wait_for(client, Library)
    process = psutil.Process(engine_pid(data_dir))
    await client.aclose()
    await asyncio.to_thread(process.wait, 30)


async def test_stopping_says_whether_there_was_an_engine(data_dir: Path) -> None:
    await (await connect(data_dir)).aclose()
    assert await stop(data_dir) is True
    assert await stop(data_dir) is False


async def test_nonsense_from_a_client_ends_only_its_own_connection(warm: Path) -> None:
    client = await connect(warm)
    reader, writer = await asyncio.open_unix_connection(socket_file(warm))
    writer.write(b"{nonsense\n")
    assert await reader.read() == b""
    writer.close()
    client.send(Hello(version=__version__))
    assert isinstance(await client.receive(), Welcome)
    await client.aclose()
