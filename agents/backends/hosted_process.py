"""A LlamaIndex LLM in a child process, spoken to in lines of JSON over pipes, which nobody else can reach.

`hosted_child` says what the lines hold.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from .child import TELLING, Child

PATIENCE = 0.3
"""Seconds that a class has to stop a call that was left; then its process is killed."""

Message = dict[str, Any]


class HostedError(Exception):
    """An exception of the class. `stage`: import, make or call; `error`: its type and words, as they came; `log`: the
    line of the process's log that tells more, or ''."""

    def __init__(self, stage: str, error: str, log: str) -> None:
        super().__init__(error)
        self.stage, self.error, self.log = stage, error, log


class HostEnded(Exception):
    """The process has ended without a word."""

    def __init__(self, child: Child) -> None:
        super().__init__()
        self.child = child


class Host(Child):
    """The child. It answers one call after the other."""

    streams = True
    """Until it has said that the class cannot stream."""
    _busy = False
    _leaving: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        """What it says next. Raises HostedError, HostEnded."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line.endswith(b"\n"):
            self._busy = False
            raise HostEnded(self)
        message: Message = json.loads(line)
        self._busy = self._busy and not message.keys() & {"done", "error"}
        self.streams = self.streams and "whole" not in message
        if "error" in message:
            raise HostedError(message["stage"], message["error"], self.says(TELLING))
        return message

    async def call(self, request: Message) -> AsyncGenerator[Message, None]:
        """The messages of one call, the last one with `done`; leaving early stops it. Raises HostedError, HostEnded."""
        self._busy = True
        self.lines.clear()  # so that a report tells of this call
        try:
            self._send(request)
            while self._busy:
                yield await self.receive()
                await asyncio.sleep(0)  # lines that have come already are read without letting the event loop run
        finally:
            if self._busy:
                self._leaving = asyncio.create_task(self._leave())
                await asyncio.shield(self._leaving)

    async def settled(self) -> bool:
        """Whether it can take a call, once the one that was left is over."""
        if self._leaving:
            await self._leaving
        return self.alive

    async def _leave(self) -> None:
        """Have the call stopped. Most classes cannot be interrupted while they compute: then the process ends."""
        if self.streams:
            self._send({"cancel": True})
            await asyncio.wait([stopping := asyncio.create_task(self._until_done())], timeout=PATIENCE)
            stopping.cancel()
        if self._busy:
            await self.end()

    async def _until_done(self) -> None:
        try:
            while self._busy:
                await self.receive()
        except (HostedError, HostEnded):
            pass

    def _send(self, message: Message) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
