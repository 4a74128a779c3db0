"""The other end of the line: finds the engine of a data folder, or starts it, and talks to it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import msgspec

from .build import build, is_outdated
from .endpoint import engine_pid, is_running, socket_file
from .errors import Code, DocmindError
from .protocol import PROTOCOL, AnyCommand, AnyEvent, Failed, Hello, Stop, Welcome
from .text import one_line

START_S = 20.0
"""Longest wait for a new engine to listen, or for an old one to answer or to end."""
REACH_S = 1.0
"""Longest wait for an engine that somebody would only like to hear."""
STOP_S = 5.0
"""Longest wait for an engine that was told to end; then it is killed."""
LONGEST_LINE = 2**26
"""Bytes of an event: a chat that is entered comes as one."""
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
        """The next event. Raises DocmindError: ENGINE_LOST when the engine is gone, ENGINE_VERSION for nonsense."""
        try:
            if line := await self._reader.readline():
                return _decoder.decode(line)
        except ValueError as error:  # no event, or a line over the limit
            hint = "End it with `docmind engine stop`."
            raise DocmindError(Code.ENGINE_VERSION, "What listens at the engine's socket is none.", hint) from error
        except ConnectionError:
            pass
        raise DocmindError(Code.ENGINE_LOST, "The engine process ended unexpectedly.", "Ask again: it is started anew.")

    async def events(self) -> AsyncGenerator[AnyEvent, None]:
        """All events, until the engine is gone, which raises DocmindError (ENGINE_LOST)."""
        while True:
            yield await self.receive()

    async def aclose(self) -> None:
        """Leaves; what was asked is answered all the same."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def ended(self) -> None:
        """Waits until the engine has closed the connection."""
        with contextlib.suppress(ConnectionError):
            while await self._reader.readline():
                pass


async def connect(data_dir: Path) -> Client:
    """A client of the engine of this build, which is started if need be.

    Raises DocmindError: ENGINE_START, or ENGINE_VERSION when the engine of another one is busy.
    """
    async with _time_limit():
        while not (client := await _welcomed(data_dir)):
            await _start(data_dir)
        return client


async def reach(data_dir: Path) -> Client | None:
    """A client of the engine of this build, where one runs and answers; none is started."""
    with contextlib.suppress(TimeoutError, DocmindError):
        async with asyncio.timeout(REACH_S), contextlib.AsyncExitStack() as leaving:
            if socket_file(data_dir).exists() and (client := await _reach(data_dir)):
                leaving.push_async_callback(client.aclose)
                client.send(Hello(version=build()))
                welcome = await client.receive()
                if isinstance(welcome, Welcome) and (welcome.version, welcome.protocol) == (build(), PROTOCOL):
                    leaving.pop_all()
                    return client
    return None


async def tell(data_dir: Path, command: AnyCommand) -> None:
    """Sends this to the engine, where one runs; nobody waits for an answer."""
    if client := await reach(data_dir):
        client.send(command)
        await client.aclose()


async def stop(data_dir: Path) -> bool:
    """Ends the engine of this data folder, by force if it hangs; false when there was none."""
    if not is_running(data_dir):
        return False
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_S):
            if client := await _reach(data_dir):
                async with contextlib.aclosing(client):
                    client.send(Stop())
                    await client.ended()
            await _gone(data_dir)
    if is_running(data_dir):
        os.kill(engine_pid(data_dir), signal.SIGKILL)
        await _gone(data_dir)
    return True


async def _gone(data_dir: Path) -> None:
    # A lock can only be waited for in a thread, which could not be cancelled.
    while is_running(data_dir):  # noqa: ASYNC110
        await asyncio.sleep(0.02)


async def _reach(data_dir: Path) -> Client | None:
    """A connection, if anybody listens; a socket file alone may be left over from a crash.

    Raises DocmindError (ENGINE_START) for the socket of somebody else, who would read the question and its keys.
    """
    socket = socket_file(data_dir)
    try:
        if socket.lstat().st_uid != os.getuid():
            hint = f"Remove {one_line(os.fspath(socket), 500)}, or set XDG_RUNTIME_DIR to a folder that is yours alone."
            raise DocmindError(Code.ENGINE_START, "The engine's socket belongs to another user.", hint)
        return Client(*await asyncio.open_unix_connection(socket, limit=LONGEST_LINE))
    except (FileNotFoundError, ConnectionRefusedError):
        return None


async def _welcomed(data_dir: Path) -> Client | None:
    """A connection to an engine of our build, if there is one."""
    client = await _reach(data_dir)
    if client is None:
        return None
    async with contextlib.AsyncExitStack() as leaving:
        leaving.push_async_callback(client.aclose)
        if await _is_ours(client):
            leaving.pop_all()
            return client
    return None


async def _is_ours(client: Client) -> bool:
    """Whether the engine is of our build; another one is asked to end first, unless it is answering.

    Raises DocmindError (ENGINE_VERSION) then.
    """
    try:
        client.send(Hello(version=build()))
        welcome = await client.receive()
        if isinstance(welcome, Welcome) and (welcome.version, welcome.protocol) == (build(), PROTOCOL):
            return True
        if is_outdated():
            hint = "Start it again."
            raise DocmindError(Code.ENGINE_VERSION, "docmind was updated while this program was running.", hint)
        client.send(Stop(only_idle=True))
        while not isinstance(refusal := await client.receive(), Failed):
            pass
    except DocmindError as error:
        if error.code != Code.ENGINE_LOST:
            raise
        return False  # it has ended
    hint = "Wait for it, or end it with `docmind engine stop`."
    raise DocmindError(Code.ENGINE_VERSION, f"{refusal.message} This is docmind {build()}.", hint)


async def _start(data_dir: Path) -> None:
    """Returns when an engine listens; it has a session of its own, so it outlives the terminal."""
    command = [sys.executable, "-P", "-m", f"{__package__}.engine", "--data-dir", os.fspath(data_dir)]
    status, said = await _run(command)
    if status < 0:  # somebody killed it; who does so twice wants it dead
        status, said = await _run(command)
    if status:
        killed = f"It was ended by {signal.Signals(-status).name}." if status < 0 else ""
        lines = said.decode(errors="replace").split("\n")
        raise _does_not_start(data_dir, one_line(next((line for line in reversed(lines) if line.strip()), killed)))


async def _run(command: list[str]) -> tuple[int, bytes]:
    """The exit status, negative for a signal, and what was said on stderr."""
    quiet, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    starting = await asyncio.create_subprocess_exec(
        *command, stdin=quiet, stdout=quiet, stderr=pipe, start_new_session=True
    )
    try:
        _, said = await starting.communicate()
    except asyncio.CancelledError:  # nobody waits for it any more
        starting.kill()
        await starting.communicate()
        raise
    return starting.returncode or 0, said


@contextlib.asynccontextmanager
async def _time_limit() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(START_S):
            yield
    except TimeoutError:
        message = f"The engine does not answer, not within {START_S:g} s."
        raise DocmindError(Code.ENGINE_START, message, "End it with `docmind engine stop`, then ask again.") from None


def _does_not_start(data_dir: Path, why: str) -> DocmindError:
    hint = f"It writes to {data_dir} (--data-dir names another folder), its log too, and to the user's runtime folder."
    return DocmindError(Code.ENGINE_START, f"The engine does not start. {why}", hint)
