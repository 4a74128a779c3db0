"""The other end of the line: finds the engine of a data folder, or starts it, and talks to it."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import msgspec

from docmind import __version__

from .endpoint import socket_file
from .errors import Code, DocmindError
from .protocol import PROTOCOL, AnyCommand, AnyEvent, Failed, Hello, Stop, Welcome

START_S = 20.0
"""Longest wait for a new engine to listen, or for an old one to answer or to end."""
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


class Client:
    """A connection to the engine. Make one with `connect`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, command: AnyCommand) -> None:
        """Never waits; commands are small."""
        self._writer.write(_encoder.encode(command) + b"\n")

    async def receive(self) -> AnyEvent:
        """The next event. Raises DocmindError (ENGINE_LOST) when the engine is gone."""
        with contextlib.suppress(ConnectionError):
            if line := await self._reader.readline():
                return _decoder.decode(line)
        raise DocmindError(Code.ENGINE_LOST, "The engine process ended unexpectedly.", "Ask again: it is started anew.")

    async def events(self) -> AsyncGenerator[AnyEvent, None]:
        """All events, until the engine is gone, which raises DocmindError (ENGINE_LOST)."""
        while True:
            yield await self.receive()

    async def aclose(self) -> None:
        """Leaves; the engine stops what this client had asked for."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def ended(self) -> None:
        """Waits until the engine has closed the connection."""
        with contextlib.suppress(ConnectionError):
            while await self._reader.readline():
                pass


async def connect(data_dir: Path) -> Client:
    """A client of this version's engine, which is started if need be.

    Raises DocmindError: ENGINE_START, or ENGINE_VERSION when another version's engine is busy.
    """
    process: subprocess.Popen[bytes] | None = None
    async with _time_limit(data_dir):
        while True:
            if client := await _welcomed(data_dir):
                return client
            if process is None or process.poll() == 0:  # 0: another engine was there, but is ending
                process = _start(data_dir)
            elif process.poll() is not None:
                raise _does_not_start(data_dir, f"It ended with status {process.returncode}.")
            await asyncio.sleep(0.02)


async def stop(data_dir: Path) -> bool:
    """Ends the engine of this data folder; false when there was none."""
    client = await _reach(data_dir)
    if client is None:
        return False
    client.send(Stop())
    async with _time_limit(data_dir):
        await client.ended()
    await client.aclose()
    return True


async def _reach(data_dir: Path) -> Client | None:
    """A connection, if anybody listens; a socket file alone may be left over from a crash."""
    try:
        return Client(*await asyncio.open_unix_connection(socket_file(data_dir), limit=2**24))
    except (FileNotFoundError, ConnectionRefusedError):
        return None


async def _welcomed(data_dir: Path) -> Client | None:
    """A connection to an engine of our version; another version's is asked to end, unless it is answering."""
    client = await _reach(data_dir)
    if client is None:
        return None
    client.send(Hello(version=__version__))
    try:
        welcome = await client.receive()
        if isinstance(welcome, Welcome) and (welcome.version, welcome.protocol) == (__version__, PROTOCOL):
            return client
        await _replace(client)
    except DocmindError as error:
        if error.code != Code.ENGINE_LOST:  # it was just ending
            raise
    await client.aclose()
    return None


async def _replace(client: Client) -> None:
    """Returns when the engine is gone."""
    client.send(Stop(only_idle=True))
    async for event in client.events():
        if isinstance(event, Failed):
            hint = "Wait for it, or end it with `docmind engine stop`."
            raise DocmindError(Code.ENGINE_VERSION, f"{event.message} This is docmind {__version__}.", hint)


def _start(data_dir: Path) -> subprocess.Popen[bytes]:
    """A process of its own session: it outlives the terminal. What its libraries print goes to its log."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = os.open(data_dir / "engine.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    except OSError as error:
        raise _does_not_start(data_dir, f"Its folder cannot be written: {error.strerror}.") from error
    command = [sys.executable, "-P", "-m", f"{__package__}.engine", "--data-dir", os.fspath(data_dir.resolve())]
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    finally:
        os.close(log)


@contextlib.asynccontextmanager
async def _time_limit(data_dir: Path) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(START_S):
            yield
    except TimeoutError:
        raise _does_not_start(data_dir, f"It did not answer within {START_S:g} s.") from None


def _does_not_start(data_dir: Path, why: str) -> DocmindError:
    hint = f"Its log is {data_dir / 'engine.log'}; `docmind engine stop` ends one that hangs."
    return DocmindError(Code.ENGINE_START, f"The engine does not start. {why}", hint)
