"""The engine process and its clients: start, several clients, cancel, crash, other versions, the end."""

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from docmind.agents.build import build
from docmind.agents.client import connect, stop
from docmind.agents.endpoint import socket_file
from docmind.agents.protocol import CANCELLED, Answered, Ask, Cancel, Failed, Hello, Open, State, Token, Welcome
from docmind.agents.settings import Settings
from engine_clients import engine_pid, opened, result, using, wait_for
from fakes import FakeServer

SEARCH = 'Action: search_documents\nAction Input: {"query": "pump"}'


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


async def test_a_second_question_waits_for_the_first_and_says_so(warm: Path, folder: Path) -> None:
    with FakeServer([SEARCH, "Answer: blue [1]."], gap=0.02) as server:
        client = await opened(warm, folder, using(server))
        client.send(Ask(run="one", question="What?"))
        client.send(Ask(run="two", question="And what else?"))
        events, end = await result(client, "two")
        await client.aclose()
    assert isinstance(end, Answered)
    assert next(event.state for event in events if isinstance(event, State) and event.run == "two") == "queued"
    assert [event.run for event in events if isinstance(event, Answered)] == ["one", "two"]


async def test_the_earlier_answer_is_part_of_the_next_prompt(warm: Path, folder: Path) -> None:
    with FakeServer([SEARCH, "Answer: It is as blue as the sky [1]."]) as server:
        client = await opened(warm, folder, using(server))
        for run in ("one", "two"):
            client.send(Ask(run=run, question=f"Question {run}?"))
            await result(client, run)
        await client.aclose()
        last = [message["content"] for message in server.chats[-2].body["messages"]]
    assert last[1:] == ["Question one?", "It is as blue as the sky.", "Question two?"]


async def test_nonsense_from_a_client_ends_only_its_own_connection(warm: Path) -> None:
    client = await connect(warm)
    reader, writer = await asyncio.open_unix_connection(socket_file(warm))
    writer.write(b"{nonsense\n")
    assert await reader.read() == b""
    writer.close()
    client.send(Hello(version=build()))
    assert isinstance(await client.receive(), Welcome)
    await client.aclose()


async def test_a_second_open_replaces_the_first_and_its_update(warm: Path, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "tea.md").write_text("Tea is green.\n")
    client = await opened(warm, folder)
    client.send(Open(settings=Settings(fallback=["quotes"]), roots=[os.fsencode(other)]))
    client.send(Ask(run="r", question="Is the tea green?", profile="quotes"))
    _, end = await result(client, "r")
    await client.aclose()
    assert isinstance(end, Answered)
    assert [citation.path for citation in end.citations] == ["tea.md"]


async def test_a_question_that_arrives_twice_is_answered_once(warm: Path, folder: Path) -> None:
    with FakeServer([SEARCH, "Answer: blue [1]."], gap=0.02) as server:
        client = await opened(warm, folder, using(server))
        client.send(Ask(run="r", question="What?"))
        client.send(Ask(run="r", question="What?"))
        client.send(Ask(run="next", question="And then?"))
        events, _ = await result(client, "next")
        await client.aclose()
    assert [event.run for event in events if isinstance(event, Answered)] == ["r", "next"]


async def test_a_model_may_hide_anything_in_its_arguments(warm: Path, folder: Path) -> None:
    hiding = 'Action: search_documents\nAction Input: {"query": "\\ud83d pump \\u001b]0;x\\u0007"}'
    with FakeServer([hiding, "Answer: It is blue [1]."]) as server:
        client = await opened(warm, folder, using(server))
        client.send(Ask(run="r", question="What?"))
        _, end = await result(client, "r")
        await client.aclose()
    assert isinstance(end, Answered)
    assert end.steps[0].input == {"query": "\ufffd pump "}
