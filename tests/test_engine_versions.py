"""An engine of another version is replaced when it is idle, and left alone when it answers somebody."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import docmind
from docmind.agents.build import build
from docmind.agents.client import connect, reach
from docmind.agents.endpoint import socket_file
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import Ask, Failed, Hello, Stop, Token, Welcome
from engine_clients import opened, using, wait_for
from fakes import FakeServer


class OtherVersion:
    """An engine of another docmind. `busy`: it refuses to end."""

    def __init__(self, data_dir: Path, busy: bool) -> None:
        self._path, self._busy = socket_file(data_dir), busy
        self.commands: list[Hello | Stop] = []

    async def __aenter__(self) -> "OtherVersion":
        self._server = await asyncio.start_unix_server(self._answer, self._path)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for line in reader:
            command = msgspec.json.decode(line, type=Hello | Stop)
            self.commands.append(command)
            if isinstance(command, Hello):
                writer.write(msgspec.json.encode(Welcome(version="0.0.1")) + b"\n")
            elif self._busy:
                writer.write(msgspec.json.encode(Failed(run="", code="ERR_3002", message="It is busy.")) + b"\n")
            else:
                self._server.close()
                self._path.unlink()
                break
        writer.close()


async def test_the_idle_engine_of_another_version_is_replaced(data_dir: Path) -> None:
    async with OtherVersion(data_dir, busy=False) as other:
        client = await connect(data_dir)
        client.send(Hello(version=build()))
        welcome = await client.receive()
        await client.aclose()
    assert isinstance(welcome, Welcome)
    assert welcome.version == build()
    assert other.commands[-1] == Stop(only_idle=True)


async def test_the_busy_engine_of_another_version_is_left_alone(data_dir: Path) -> None:
    async with OtherVersion(data_dir, busy=True):
        with pytest.raises(DocmindError, match="It is busy") as refused:
            await connect(data_dir)
    assert refused.value.code == Code.ENGINE_VERSION
    assert "docmind engine stop" in refused.value.hint
    socket_file(data_dir).unlink(missing_ok=True)  # Python 3.13 does it by itself


def test_an_update_of_the_files_makes_another_build(tmp_path: Path) -> None:
    packages = [tmp_path / "one", tmp_path / "two"]
    code = "from docmind.agents.build import build; print(build())"
    source = Path(docmind.__file__).parent

    def build_of(package: Path) -> str:
        command = [sys.executable, "-c", code]
        return subprocess.check_output(command, env=os.environ | {"PYTHONPATH": str(package)}, text=True)

    for package in packages:
        shutil.copytree(source, package / "docmind", ignore=shutil.ignore_patterns("__pycache__"))
    first, second = map(build_of, packages)
    os.utime(packages[0] / "docmind" / "agents" / "text.py")
    assert len({first, second, build_of(packages[0])}) == 3


async def test_an_engine_that_answers_somebody_who_has_left_is_not_replaced(data_dir: Path, folder: Path) -> None:
    """What a client of another version asks for when it comes."""
    with FakeServer(
        ['Action: search_documents\nAction Input: {"query": "pump"}', "Answer:" + " a" * 500], gap=0.02
    ) as s:
        client = await opened(data_dir, folder, using(s))
        client.send(Ask(run="r", question="What?"))
        await wait_for(client, Token)
        await client.aclose()
        newer = await connect(data_dir)
        newer.send(Stop(only_idle=True))
        refusal = await wait_for(newer, Failed)
        await newer.aclose()
    assert refusal.code == Code.ENGINE_VERSION


async def test_the_line_to_an_engine_that_does_not_greet_is_closed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docmind.agents.client.REACH_S", 0.05)
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read())  # to the end of the line
        writer.close()

    async with await asyncio.start_unix_server(be_silent, socket_file(data_dir)):
        assert await reach(data_dir) is None
        async with asyncio.timeout(10):
            assert msgspec.json.decode(await heard, type=Hello) == Hello(version=build())
