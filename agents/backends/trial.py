"""Whether a model continues an answer that it is given the beginning of, or starts over: tried with one harmless call.

Chat templates differ: some close the beginning as a finished turn, some put a marker before it.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ..errors import Code
from .base import Delta

QUESTION = "Count from one to nine in words, with commas between them. Say nothing else."
BEGINNING = "Gladly, here they are: one, two, three, four,"
"""Not how a model would begin by itself: one that starts over is told from a server that repeats the beginning."""
NEXT = ("five", "5")
ENOUGH = 8
"""Characters of the reply that tell."""
SORRY = (Code.SERVER_ERROR, Code.INVALID_RESPONSE, Code.REFUSAL)
"""Failures that mean that it cannot; others say nothing about it."""


async def goes_on(stream: AsyncGenerator[Delta, None]) -> bool:
    """Whether the reply to QUESTION and BEGINNING goes on with the next number. Raises DocmindError."""
    said = ""
    async with aclosing(stream) as deltas:
        async for delta in deltas:
            said += delta.text
            if delta.thinking or len(said.lstrip()) >= ENOUGH:
                break
    return said.strip().casefold().startswith(NEXT)
