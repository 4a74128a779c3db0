"""The screen's line to the engine: connects, waits, comes back after a loss. Nothing that was sent is forgotten."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from docmind.agents.client import Client, connect
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import (
    CANCELLED,
    Answered,
    AnyCommand,
    AnyEvent,
    Ask,
    Asked,
    Branched,
    Cancel,
    Continued,
    Enter,
    Entered,
    Failed,
    Open,
    RunEvent,
)
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
    """`opened` gives the Open command of each new connection; `tell` gets every event, on the loop that runs `run`.

    It looks at one chat at a time, at first at the one that `enter` names. After a loss it enters the same one again.
    Questions wait until the engine has said what the chat holds; those that it holds already are not sent twice.
    """

    def __init__(
        self,
        data_dir: Path,
        opened: Callable[[], Open],
        tell: Callable[[AnyEvent | LinkState], None],
        enter: Enter,
    ) -> None:
        self._data_dir, self._opened, self._tell = data_dir, opened, tell
        self._enter, self._chat = enter, ""
        self._client: Client | None = None
        self._waiting: list[AnyCommand] = []
        self._sent = asyncio.Event()
        self._asks: dict[str, Ask] = {}
        """Questions that the engine has not confirmed."""
        self._runs: dict[str, None] = {}
        """Questions without an answer, oldest first."""
        self._entered = False
        self._entering = 0
        """How many chats the engine was asked for and has not told yet."""

    @property
    def runs(self) -> tuple[str, ...]:
        """The questions that have no answer yet, oldest first."""
        return tuple(self._runs)

    def send(self, command: AnyCommand) -> None:
        """At once, or as soon as the engine is there."""
        match command:
            case Ask():
                self._asks[command.run] = command
                self._runs[command.run] = None
                if self._client and self._entered:
                    self._client.send(command)
            case Cancel() if command.run in self._asks and not (self._client and self._entered):
                self._fail(Failed(run=command.run, code=CANCELLED, message="Stopped."))  # nobody works on it yet
            case Enter():
                self._enter_now(command)
            case _ if self._client:
                self._client.send(command)
            case _:
                self._waiting.append(command)
        self._sent.set()

    def _enter_now(self, command: Enter) -> None:
        """What is asked in the chat before goes on, without being shown here."""
        self._enter, self._entered = command, False
        self._asks, self._runs = {}, {}
        if self._client:
            self._entering += 1
            self._client.send(command)

    def open_anew(self) -> None:
        """Sends Open once more: `opened` gives something else now."""
        if self._client:
            self._client.send(self._opened())

    async def run(self) -> None:
        """Until it is cancelled; trouble with the engine is told, never raised."""
        losses, loop = 0, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                async with contextlib.aclosing(await self._connect()) as self._client:
                    await self._listen(self._client)
            except DocmindError as error:
                was_ready, self._client, self._entered = self._client is not None, None, False
                losses = 0 if not was_ready else 1 if loop.time() - began > STEADY_S else losses + 1
                self._sent.clear()
                if not was_ready or error.code != Code.ENGINE_LOST:
                    self._give_up(error)
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
        client.send(self._enter)
        self._entering = 1
        waiting, self._waiting = self._waiting, []
        for command in waiting:
            client.send(command)
        self._tell(LinkState("ready"))
        while True:
            self._hear(client, await client.receive())
            await asyncio.sleep(0)  # a burst of events is read without a pause else, and keys have to wait

    def _hear(self, client: Client, event: AnyEvent) -> None:
        match event:
            case Entered():
                self._entering -= 1
                if self._entering:
                    return  # another one was asked for since
                self._take_up(client, event)
            case RunEvent(run=run) if run and not self._entered:
                return  # of the chat that was left
            case Asked():
                self._asks.pop(event.run, None)
                self._runs[event.run] = None
                self._enter = Enter(chat=self._chat)
            case Branched(turns=turns) if self._entered:
                self._runs |= {turn.run: None for turn in turns if turn.state == "going on"}
            case Branched():
                return  # the same
            case Continued():
                self._runs[event.run] = None
            case Answered() | Failed():
                self._asks.pop(event.run, None)
                self._runs.pop(event.run, None)
        self._tell(event)

    def _take_up(self, client: Client, event: Entered) -> None:
        """The chat is as the engine says: what it does not know is asked now, or was lost with the engine before."""
        self._chat, self._entered = event.chat.id, True
        states = {turn.run: turn.state for turn in event.turns}
        self._enter = Enter(chat=event.chat.id) if states else Enter()
        lost = [run for run in self._runs if run not in states and run not in self._asks]
        self._asks = {run: ask for run, ask in self._asks.items() if run not in states}
        self._runs = {run: None for run, state in states.items() if state == "going on"} | dict.fromkeys(self._asks)
        for run in lost:
            message = "The engine process ended unexpectedly."
            self._fail(Failed(run=run, code=Code.ENGINE_LOST, message=message, hint="Ask again: it is started anew."))
        for ask in self._asks.values():
            client.send(ask)

    def _give_up(self, error: DocmindError) -> None:
        """There is no engine; the text of what was asked stays, and can be asked again."""
        for run in self.runs:
            self._fail(Failed(run=run, code=error.code, message=error.message, hint=error.hint))

    def _fail(self, failed: Failed) -> None:
        self._asks.pop(failed.run, None)
        self._runs.pop(failed.run, None)
        self._tell(failed)

    async def _before_next_try(self, losses: int) -> None:
        """A lost engine is started again by itself, one that does not start only when it is needed."""
        wait = RETRIES_S[min(losses, len(RETRIES_S)) - 1] if losses else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._sent.wait()
