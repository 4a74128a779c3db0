"""The life of the engine process: crash, left-over socket, termination, idle time, stop."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from docmind.agents.client import connect, stop
from docmind.agents.endpoint import socket_file
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import Library
from docmind.agents.settings import EngineSettings, Settings
from engine_clients import engine_pid, opened, result, wait_for


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
