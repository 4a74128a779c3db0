"""Waiting for a condition that no event tells of."""

import asyncio
from collections.abc import Callable

LONGEST = 10.0
"""Seconds after which a wait fails the test."""


async def until(condition: Callable[[], object]) -> None:
    """Let the event loop run until the condition holds. Raises TimeoutError after LONGEST seconds."""
    async with asyncio.timeout(LONGEST):
        while not condition():  # noqa: ASYNC110  (the conditions lie in other processes)
            await asyncio.sleep(0)
