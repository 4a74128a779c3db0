"""The screen's line to the engine: connects, waits, comes back after a loss. Nothing that was sent is forgotten."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from docmind.agents.client import Client, connect
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import CANCELLED, Answered, AnyCommand, AnyEvent, Ask, Cancel, Failed, Open
from docmind.agents.text import one_line

RETRIES_S = (0.0, 1.0, 2.0, 5.0)
"""Waits before each new try after a loss, in seconds; the last one is repeated."""
STEADY_S = 30.0
"""An engine that lived longer than this, in seconds, is started again at once."""


class LinkState(NamedTuple):
    """How the line is. `lost` and `failed` say why."""

    state: Literal["starting", "ready", "lost", "failed"]
    """`failed`: the engine does not start; it is tried again when something is sent."""
    error: DocmindError | None = None


class EngineLink:
    """`opened` gives the Open command of each new connection; `tell` gets every event, on the loop that runs `run`."""

    def __init__(
        self, data_dir: Path, opened: Callable[[], Open], tell: Callable[[AnyEvent | LinkState], None]
    ) -> None:
        self._data_dir, self._opened, self._tell = data_dir, opened, tell
        self._client: Client | None = None
        self._waiting: list[AnyCommand] = []
        self._sent = asyncio.Event()
        self._runs: dict[str, None] = {}

    @property
    def runs(self) -> tuple[str, ...]:
        """The questions that have no answer yet, oldest first."""
        return tuple(self._runs)

    def send(self, command: AnyCommand) -> None:
        """At once, or as soon as the engine is there."""
        if isinstance(command, Ask):
            self._runs[command.run] = None
        if self._client:
            self._client.send(command)
        elif isinstance(command, Cancel):  # nobody works on it yet
            self._fail(Failed(run=command.run, code=CANCELLED, message="Stopped."))
        else:
            self._waiting.append(command)
            self._sent.set()

    async def run(self) -> None:
        """Until it is cancelled; trouble with the engine is told, never raised."""
        losses, loop = 0, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                async with contextlib.aclosing(await self._connect()) as self._client:
                    await self._listen(self._client)
            except DocmindError as error:
                was_ready, self._client = self._client is not None, None
                losses = 0 if not was_ready else 1 if loop.time() - began > STEADY_S else losses + 1
                self._sent.clear()
                self._give_up_runs(error)
                self._tell(LinkState("lost" if was_ready else "failed", error))
                await self._before_next_try(losses)
            finally:
                self._client = None

    async def _connect(self) -> Client:
        """Raises DocmindError."""
        self._tell(LinkState("starting"))
        try:
            return await connect(self._data_dir)
        except OSError as error:
            message = f"The engine cannot be reached: {one_line(error.strerror or repr(error))}."
            raise DocmindError(Code.ENGINE_START, message, "Ask again to try once more.") from error

    async def _listen(self, client: Client) -> None:
        """Raises DocmindError when the engine is gone."""
        client.send(self._opened())
        waiting, self._waiting = self._waiting, []
        for command in waiting:
            client.send(command)
        self._tell(LinkState("ready"))
        while True:
            event = await client.receive()
            if isinstance(event, Answered | Failed):
                self._runs.pop(event.run, None)
            self._tell(event)
            await asyncio.sleep(0)  # a burst of events is read without a pause else, and keys have to wait

    def _give_up_runs(self, error: DocmindError) -> None:
        """Their text stays; they can be asked again."""
        for run in self.runs:
            self._fail(Failed(run=run, code=error.code, message=error.message, hint=error.hint))

    def _fail(self, failed: Failed) -> None:
        self._waiting = [one for one in self._waiting if not (isinstance(one, Ask) and one.run == failed.run)]
        self._runs.pop(failed.run, None)
        self._tell(failed)

    async def _before_next_try(self, losses: int) -> None:
        """A lost engine is started again by itself, one that does not start only when it is needed."""
        wait = RETRIES_S[min(losses, len(RETRIES_S)) - 1] if losses else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._sent.wait()
