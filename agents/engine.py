"""The engine process: `python -m docmind.agents.engine --data-dir DIR`. One for each data folder and user.

It listens before it imports anything heavy, and goes to the background then: the process that was started ends with
status 0 as soon as an engine, this one or an older one, can be connected to.
"""

import argparse
import asyncio
import contextlib
import ctypes
import importlib
import logging
import logging.handlers
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from .backends.discover import discover
from .build import build
from .chats.held import HeldChats
from .chats.idle import IdleWork
from .cooling import Cooling
from .endpoint import note_pid, only_engine
from .errors import DocmindError
from .record.loads import Loads
from .record.store import Recorder, record_file
from .reduced import Reductions
from .routing.pool import Pool
from .routing.rollback import History
from .session import Session
from .settings import EngineSettings, Profile

FOUND_FOR_S = 30.0
log = logging.getLogger(__name__)


class Engine:
    """What all sessions share, and the life of the process: it ends when told to, or after an idle time."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir, self.loads = data_dir, Loads(data_dir)
        self.pool = Pool(self.loads.add)
        self.idle_s = 600.0
        """Seconds with neither client nor question after which the engine ends; the last client's settings decide."""
        self.speeds: dict[str, float] = {}
        """Tokens a second of the last call that went well, by profile."""
        self.history = History()
        self.record = Recorder(record_file(data_dir))
        """Gets every call of a backend as it ends."""
        self.reductions, self.cooling = Reductions(data_dir), Cooling()
        self.chats = HeldChats(data_dir, self._look_idle)
        self.idle_work = IdleWork(lambda: self.busy, EngineSettings().quiet_seconds)
        """What is done while nothing is asked: every question interrupts it. The last client's settings say when."""
        self._sessions: dict[asyncio.Task[None], Session] = {}
        self._ended = asyncio.Event()
        self._idle: asyncio.TimerHandle | None = None
        self._agent: asyncio.Future[ModuleType] = asyncio.get_running_loop().create_future()
        # A daemon: the end of the process does not wait for it.
        threading.Thread(target=self._import_agent, args=[asyncio.get_running_loop()], daemon=True).start()
        self._found: tuple[float, Mapping[str, Profile]] = (-FOUND_FOR_S, {})

    @property
    def started(self) -> bool:
        """Whether `agent` is there at once."""
        return self._agent.done()

    async def agent(self) -> ModuleType:
        """The heavy half; LlamaIndex takes some seconds to import."""
        return await asyncio.shield(self._agent)

    def _import_agent(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            module = importlib.import_module(".agent", __package__)
        except Exception as error:
            loop.call_soon_threadsafe(self._agent.set_exception, error)
        else:
            loop.call_soon_threadsafe(self._agent.set_result, module)

    async def discovered(self) -> Mapping[str, Profile]:
        """The model servers on this machine; looked for at most every FOUND_FOR_S seconds."""
        found_at, _ = self._found
        if time.monotonic() - found_at >= FOUND_FOR_S:
            self._found = (time.monotonic(), await discover())
        return self._found[1]

    @property
    def busy(self) -> bool:
        """Whether anything is being worked on, for a client or for one that has left."""
        return self.chats.are_busy or any(session.busy for session in self._sessions.values())

    def end(self) -> None:
        """Ends the process, cleanly."""
        self._ended.set()

    async def serve(self, listener: socket.socket) -> None:
        """Answers clients until `end`."""
        server = await asyncio.start_unix_server(self._connected, sock=listener, limit=2**24)
        self._look_idle()
        async with server:
            await self._ended.wait()
            server.close()
            await self._close()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer)
        task = asyncio.create_task(session.serve())
        self._sessions[task] = session
        task.add_done_callback(self._disconnected)
        self._look_idle()

    def _disconnected(self, task: asyncio.Task[None]) -> None:
        self._sessions.pop(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a session failed", exc_info=error)
        self._look_idle()

    def _look_idle(self) -> None:
        """Its time runs while there is neither a client nor a question, nor anything that is still to be saved."""
        if self._idle:
            self._idle.cancel()
            self._idle = None
        if not self._sessions and not self.chats.are_busy and not self.chats.are_unsaved:
            self._idle = asyncio.get_running_loop().call_later(self.idle_s, self.end)

    async def _close(self) -> None:
        await self.idle_work.aclose()
        await self.chats.stop()
        for task in self._sessions:
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        self.cooling.end()
        await self.chats.aclose()
        await self.pool.aclose()
        await asyncio.to_thread(self.record.close)
        await asyncio.to_thread(self.loads.close)


def go_to_background(data_dir: Path) -> bool:
    """Splits the process; true in the one that goes on. What it and its libraries print goes to a log of about 1 MiB.

    The other one ends: whoever waits for it knows then that an engine listens. Raises OSError before that.
    """
    if process := os.fork():  # before any thread is started
        note_pid(data_dir, process)
        return False
    os.chdir(data_dir)  # not in the way of whoever wants to unmount the folder that it was started in
    log_to(data_dir / "engine.log")
    return True


def log_to(file: Path) -> None:
    """Takes stdout and stderr, too. Does without a log where the folder is read-only or the disk full."""
    handler: logging.Handler = logging.NullHandler()
    with contextlib.suppress(OSError):
        handler = logging.handlers.RotatingFileHandler(file, maxBytes=2**20, backupCount=1)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    output = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError):
        output = os.open(file, os.O_APPEND | os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)


async def run(data_dir: Path, listener: socket.socket) -> None:
    """Serves until the engine is idle, stopped by a client, or terminated."""
    engine = Engine(data_dir)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, engine.end)
    await engine.serve(listener)


def share_one_arena() -> None:
    """Has glibc's malloc give freed memory back: an arena for each thread keeps what an answer took, 20 KB each time.

    Other allocators have no such call. The constants are those of malloc.h.
    """
    arena_max, trim_threshold = -8, -1
    with contextlib.suppress(AttributeError):
        malloc = ctypes.CDLL(None)
        malloc.mallopt(arena_max, 1)
        malloc.mallopt(trim_threshold, 128 * 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description="docmind's engine; started by docmind itself")
    parser.add_argument("--data-dir", type=Path, required=True)
    data_dir = parser.parse_args().data_dir
    os.umask(0o077)
    share_one_arena()
    build()  # before an update can change the files
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with only_engine(data_dir) as listener:
            if not listener:
                return
            if not go_to_background(data_dir):
                os._exit(0)
            asyncio.run(run(data_dir, listener))
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        sys.exit(f"{error.strerror or error}{where}.")
    except DocmindError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
    logging.shutdown()
    os._exit(0)  # all is closed; an import that still goes on in its thread would fail in an interpreter that ends
