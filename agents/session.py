"""One client of the engine: reads its commands, starts their work, sends the events."""

import asyncio
import logging
import os
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from .build import build
from .checking import unchecked, with_breaker
from .errors import Code, DocmindError
from .mistake import mistake
from .outbox import Outbox
from .protocol import (
    CANCELLED,
    AnyCommand,
    Ask,
    Breakers,
    Cancel,
    Changed,
    Check,
    Compare,
    Continue,
    Enter,
    Failed,
    Hello,
    Look,
    Measure,
    Observe,
    Open,
    Profiles,
    Recall,
    Seen,
    Show,
    Stop,
    Summarise,
    Warm,
    Welcome,
)
from .seat import Seat
from .text import one_line
from .workspace import Workspace

if TYPE_CHECKING:
    from .engine import Engine

log = logging.getLogger(__name__)
_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)


class Session:
    """Lives as long as the connection. Its questions live longer: they belong to the chat."""

    def __init__(self, engine: "Engine", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._engine, self._reader, self._writer = engine, reader, writer
        self._outbox = Outbox(writer)
        self._workspace: Workspace | None = None
        self._seat = Seat(engine, self._outbox.put)
        self._work: dict[asyncio.Task[None], str] = {}

    @property
    def busy(self) -> bool:
        """Whether something is being worked on, besides the questions of its chat."""
        return bool(self._work)

    async def serve(self) -> None:
        """Until the client leaves."""
        sending = asyncio.create_task(self._outbox.run())
        sending.add_done_callback(self._sending_ended)
        try:
            async for line in self._reader:
                await self._obey(_decoder.decode(line))
        except ConnectionError:
            pass  # it has left, which is no fault
        except ValueError as error:  # not a command, or a line over the limit
            log.warning("a client was cut off: %s", one_line(repr(error)))
        finally:
            await self._close(sending)

    def _sending_ended(self, sending: asyncio.Task[None]) -> None:
        """A client that hears nothing more must not wait for ever."""
        if not sending.cancelled() and (error := sending.exception()):
            if not isinstance(error, ConnectionError):
                log.error("an event could not be sent", exc_info=error)
            self._writer.close()

    async def _obey(self, command: AnyCommand) -> None:
        match command:
            case Hello():
                self._outbox.put(Welcome(version=build()))
            case Open():
                self._open(command)
            case Enter() | Ask() | Continue() | Show() | Compare() | Seen() | Recall() | Summarise():
                await self._seat.obey(command, self._workspace)
            case Changed():
                await self._engine.chats.reread(command.chats)
            case Check() if self._workspace:
                self._start("check", self._workspace.check(command))
            case Warm() if self._workspace:
                self._start("warm", self._workspace.warm(command))
            case Observe() if self._workspace and "observe" not in self._work.values():
                self._start("observe", self._workspace.observe(command))
            case Look() if self._workspace:
                self._start(f"look {command.look}", self._workspace.look(command))
            case Breakers():
                self._tell_breakers(command)
            case Measure():
                self._start(command.run, self._measure(command))
            case Cancel():
                self._cancel(command.run)
            case Stop():
                self._stop(command)

    def _open(self, command: Open) -> None:
        try:
            workspace = Workspace(self._engine, command, self._outbox.put)
        except DocmindError as error:
            self._fail("", error)
            return
        if self._workspace:
            self._workspace.close()
        self._workspace = workspace
        self._engine.chats.hide(command.keys.values())
        self._start("", workspace.update())

    def _tell_breakers(self, command: Breakers) -> None:
        told = []
        for name, profile in command.profiles.items():
            state = unchecked(name, profile, self._engine.speeds, loads_in_s=self._engine.loads.expected(name))
            told.append(with_breaker(state, self._engine.pool.breaker(profile, command.keys.get(name, ""))))
        self._outbox.put(Profiles(profiles=told))

    async def _measure(self, command: Measure) -> None:
        agent = await self._engine.agent()
        known = await asyncio.to_thread(self._engine.reductions.applied, {command.name: command.profile})
        command = msgspec.structs.replace(command, profile=known[command.name])
        self._outbox.put(await agent.measure(self._engine.pool, self._engine.record.add, command))

    def _stop(self, command: Stop) -> None:
        busy = "is answering a question" if self._engine.busy else "holds answers that it cannot save"
        if command.only_idle and (self._engine.busy or self._engine.chats.are_unsaved):
            message = f"The engine of docmind {build()} (process {os.getpid()}) {busy}."
            self._fail("", DocmindError(Code.ENGINE_VERSION, message))
        else:
            self._engine.end()

    def _start(self, run: str, work: Coroutine[Any, Any, None]) -> None:
        self._cancel(run)  # a second Open, or a run that is used twice
        task = asyncio.create_task(self._guard(run, work))
        self._work[task] = run
        task.add_done_callback(lambda _: self._done(task, work))

    def _cancel(self, run: str) -> None:
        for task in [task for task, its_run in self._work.items() if its_run == run]:
            task.cancel()
        self._seat.cancel(run)

    def _done(self, task: asyncio.Task[None], work: Coroutine[Any, Any, None]) -> None:
        run = self._work.pop(task)
        if task.cancelled():  # before its first step
            work.close()
            self._outbox.put(Failed(run=run, code=CANCELLED, message="Stopped."))

    async def _guard(self, run: str, work: Coroutine[Any, Any, None]) -> None:
        """Whatever happens, it ends in an event."""
        try:
            await work
        except asyncio.CancelledError:
            self._outbox.put(Failed(run=run, code=CANCELLED, message="Stopped."))
        except Exception as error:
            self._outbox.put(mistake(run, error, self._engine.data_dir))

    def _fail(self, run: str, error: DocmindError) -> None:
        self._outbox.put(Failed(run=run, code=error.code, message=error.message, hint=error.hint))

    async def _close(self, sending: asyncio.Task[None]) -> None:
        self._seat.leave()
        try:
            await self._finish(sending)
        finally:  # also where the engine ends meanwhile
            self._outbox.close()
            self._writer.close()
            if self._workspace:
                self._workspace.close()

    async def _finish(self, sending: asyncio.Task[None]) -> None:
        """Ends what this client alone waits for, and sends the last of it."""
        tasks = list(self._work)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        sending.cancel()
        await asyncio.wait([sending])
        try:
            await self._outbox.flush()
        except ConnectionError:
            pass
        except ValueError as error:
            log.warning("the last events could not be sent: %s", one_line(repr(error)))
