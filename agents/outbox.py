"""Events on their way to one client: text is batched, everything else leaves at once, order is kept."""

import asyncio
import contextlib

import msgspec

from .protocol import AnyEvent, Thought, Token

BATCH_S = 0.04
"""Text waits at most this long: 25 writes a second look like a stream and cost little, over SSH too."""
_encoder = msgspec.json.Encoder()


class Outbox:
    """`put` never waits; `run` writes until it is cancelled. A slow client gets larger batches."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: list[AnyEvent] = []
        self._something, self._urgent = asyncio.Event(), asyncio.Event()
        self._closed = False

    def put(self, event: AnyEvent) -> None:
        if self._closed:
            return
        last = self._waiting[-1] if self._waiting else None
        if isinstance(event, Token | Thought) and type(event) is type(last) and event.run == last.run:
            self._waiting[-1] = msgspec.structs.replace(last, text=last.text + event.text)
        else:
            self._waiting.append(event)
        self._something.set()
        if not isinstance(event, Token | Thought):
            self._urgent.set()

    async def run(self) -> None:
        """Raises ConnectionError when the client is gone."""
        while True:
            await self._something.wait()
            await self.flush()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BATCH_S):  # not wait_for: in Python 3.11 that may swallow a cancel
                    await self._urgent.wait()

    async def flush(self) -> None:
        """Writes everything that waits."""
        events, self._waiting = self._waiting, []
        self._something.clear()
        self._urgent.clear()
        self._writer.write(b"".join(_encoder.encode(event) + b"\n" for event in events))
        await self._writer.drain()

    def close(self) -> None:
        """Forgets what is put from now on: nobody hears it any more."""
        self._closed = True
