"""One call of one backend for `docmind bench`: no agent, no documents, no second try and no fallback."""

import math
from contextlib import aclosing

import msgspec
from llama_index.core.llms import ChatMessage

from .backends.base import Delta
from .errors import DocmindError
from .protocol import Measure, Measured
from .records import BENCH, Call
from .routing.breaker import Breaker
from .routing.calling import Calling, Record
from .routing.pool import Pool

LONGEST = 256
"""Pieces of an answer, about a token each, after which it is left: enough to know the speed of a model that rambles."""


async def measure(pool: Pool, record: Record, command: Measure) -> Measured:
    """Asks, and says how it went; the backend is the one that also answers questions, so no model is loaded twice."""
    profiles, keys = {command.name: command.profile}, {command.name: command.key}
    message = hint = ""
    async with pool.chain([command.name], profiles, keys, lambda stems: {}) as (candidate,):
        if candidate.backend.cold:
            await pool.make_room(candidate.backend)
        reading, alone = _Reading(), candidate._replace(breaker=Breaker())  # a measurement decides for no question
        try:
            await reading.read(Calling(command.run, alone, reading.note, math.inf), command.prompt)
        except DocmindError as error:
            message, hint = error.message, error.hint
        finally:  # also when the user has enough
            for call in reading.calls:
                record(call)
    return Measured(run=command.run, call=reading.calls[0], message=message, hint=hint)


class _Reading:
    """Reads an answer as far as it is needed."""

    def __init__(self) -> None:
        self._pieces = 0
        self.calls: list[Call] = []

    async def read(self, calling: Calling, prompt: str) -> None:
        """Raises DocmindError."""
        async with aclosing(calling.stream([ChatMessage(role="user", content=prompt)], [])) as items:
            async for item in items:
                self._pieces += isinstance(item, Delta) and bool(item.text or item.thinking)
                if self._pieces == LONGEST:
                    return

    def note(self, call: Call) -> None:
        """An answer that was left because it is long enough is a success."""
        if self._pieces == LONGEST:
            call = msgspec.structs.replace(call, outcome="ok", completion_tokens=LONGEST, estimated=True)
        self.calls.append(msgspec.structs.replace(call, phase=BENCH))
