"""The life of the engine process: crash, left-over socket, termination, idle time, stop."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import psutil
import pytest

from docmind.agents.client import connect, stop
from docmind.agents.endpoint import socket_file
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import CANCELLED, Answered, Ask, Cancel, Failed, Library, Token, ToolCalled
from docmind.agents.settings import EngineSettings, Settings
from engine_clients import engine_pid, opened, result, using, wait_for
from fakes import FakeServer


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


def killed_at_its_start(times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """So often; the file gets a line for each start."""
    starts, script = tmp_path / "starts", tmp_path / "python"
    count = f"echo >> {starts}; [ $(wc -l < {starts}) -gt {times} ] || kill -9 $$"
    script.write_text(f'#!/bin/sh\n{count}\nexec {sys.executable} "$@"\n')
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))
    return starts


async def test_an_engine_that_is_killed_while_it_starts_is_started_once_more(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = killed_at_its_start(1, tmp_path, monkeypatch)
    await (await connect(data_dir)).aclose()
    assert len(starts.read_text()) == 2


async def test_an_engine_that_is_killed_at_each_start_is_told_as_such(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = killed_at_its_start(9, tmp_path, monkeypatch)
    with pytest.raises(DocmindError, match=r"does not start\. It was ended by SIGKILL\.") as failed:
        await connect(data_dir)
    assert failed.value.code == Code.ENGINE_START
    assert len(starts.read_text()) == 2


async def test_a_socket_file_left_over_from_a_crash_is_no_obstacle(data_dir: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(socket_file(data_dir)))
    client = await connect(data_dir)
    await client.aclose()


async def test_the_socket_of_another_user_is_refused(data_dir: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    await (await connect(data_dir)).aclose()
    os.chown(socket_file(data_dir), 65534, 65534)
    with pytest.raises(DocmindError, match="belongs to another user") as refused:
        await connect(data_dir)
    assert refused.value.code == Code.ENGINE_START
    os.chown(socket_file(data_dir), 0, 0)


async def test_of_two_engines_that_are_started_at_once_one_stays_and_neither_fails(data_dir: Path) -> None:
    command = [sys.executable, "-m", "docmind.agents.engine", "--data-dir", str(data_dir)]
    starting = [await asyncio.create_subprocess_exec(*command) for _ in range(2)]
    assert [await process.wait() for process in starting] == [0, 0]
    client = await connect(data_dir)
    await client.aclose()
    assert engine_pid(data_dir)


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


async def test_an_engine_that_hangs_is_ended_by_force(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docmind.agents.client.STOP_S", 0.1)
    await (await connect(data_dir)).aclose()
    process = psutil.Process(engine_pid(data_dir))
    process.suspend()
    assert await stop(data_dir) is True
    await asyncio.to_thread(process.wait, 30)


async def test_an_engine_that_is_stopped_in_mid_answer_is_gone(data_dir: Path, folder: Path) -> None:
    script = ['Action: search_documents\nAction Input: {"query": "pump"}', "Answer: It is" + " very" * 5000]
    with FakeServer(script, gap=0.01) as server:
        client = await opened(data_dir, folder, using(server))
        client.send(Ask(run="long", question="What?"))
        await wait_for(client, Token)
        process = psutil.Process(engine_pid(data_dir))
        assert await stop(data_dir) is True
        await client.aclose()
    await asyncio.to_thread(process.wait, 30)


async def test_what_keeps_the_engine_from_starting_is_said(data_dir: Path) -> None:
    socket_file(data_dir).mkdir()
    with pytest.raises(DocmindError, match="Is a directory") as refused:
        await connect(data_dir)
    assert refused.value.code == Code.ENGINE_START
    socket_file(data_dir).rmdir()


async def test_a_client_that_leaves_in_the_middle_of_a_search_harms_nobody(data_dir: Path, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for number in range(40):
        (shelf / f"{number}.txt").write_text("\n\n".join(f"word{n} pump {n % 7} " * 20 for n in range(200)))
    staying = await opened(data_dir, shelf)
    staying.send(Ask(run="first", question="pump?", profile="quotes"))
    await result(staying, "first")
    for _ in range(10):
        leaving = await opened(data_dir, shelf)
        leaving.send(Ask(run="r", question=" ".join(f"word{n}" for n in range(60)), profile="quotes"))
        await wait_for(leaving, ToolCalled)
        await leaving.aclose()
    staying.send(Ask(run="last", question="pump?", profile="quotes"))
    assert isinstance((await result(staying, "last"))[1], Answered)
    await staying.aclose()


async def test_a_client_that_leaves_in_mid_answer_is_no_warning(data_dir: Path, folder: Path) -> None:
    search = 'Action: search_documents\nAction Input: {"query": "pump"}'
    with FakeServer([search, "Answer: " + "word " * 600], gap=0.001) as server:
        for number in range(3):
            client = await opened(data_dir, folder, using(server))
            client.send(Ask(run=f"r{number}", question="?"))
            await wait_for(client, Token)
            client._writer.transport.abort()  # as a process that is killed
            await server.until(lambda steps=2 * number + 2: server.finished == steps)  # type: ignore[misc]
        await stop(data_dir)
    assert (data_dir / "engine.log").read_text() == ""


async def test_a_question_that_is_cancelled_at_once_ends_in_an_event_too(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    client.send(Ask(run="r", question="What?"))
    client.send(Cancel(run="r"))
    _, end = await result(client, "r")
    assert isinstance(end, Failed)
    assert end.code == CANCELLED
    await client.aclose()


async def test_a_read_only_data_folder_still_answers_from_what_was_read(data_dir: Path, folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    await (await opened(data_dir, folder)).aclose()
    await stop(data_dir)
    os.chmod(data_dir, 0o500)
    client = await opened(data_dir, folder)
    client.send(Ask(run="r", question="pump?", profile="quotes"))
    assert isinstance((await result(client, "r"))[1], Answered)
    await client.aclose()
    os.chmod(data_dir, 0o700)
