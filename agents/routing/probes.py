"""Probes of endpoints whose breaker is open, before a question is answered: they never hold it up for long."""

import asyncio
from collections.abc import Sequence

from .breaker import Breaker
from .candidate import Candidate

BESIDE_OTHERS_S = 0.05
"""What a probe may add to an answer while another model can give it; a server nearby answers in a few ms."""
WITHOUT_OTHERS_S = 0.5
"""What it may add when only quotations would be left."""


class Probes:
    """At most one probe of an endpoint at a time. One that takes longer goes on for the next question's sake."""

    def __init__(self) -> None:
        self._running: dict[Breaker, asyncio.Task[None]] = {}

    async def run(self, chain: Sequence[Candidate]) -> None:
        """Probes the endpoints that are due; all that are open where no model would be asked. Never raises."""
        models = [candidate for candidate in chain if candidate.is_model]
        others = any(candidate.breaker.state != "open" for candidate in models)
        wanted = [one for one in models if one.breaker.due or (one.breaker.state == "open" and not others)]
        probes = [self._probe(candidate) for candidate in wanted]
        if probes:
            await asyncio.wait(probes, timeout=BESIDE_OTHERS_S if others else WITHOUT_OTHERS_S)

    def _probe(self, candidate: Candidate) -> asyncio.Task[None]:
        task = self._running.get(candidate.breaker)
        if task is None:
            task = self._running[candidate.breaker] = asyncio.create_task(_probe(candidate))
            task.add_done_callback(lambda _: self._running.pop(candidate.breaker))
        return task

    async def aclose(self) -> None:
        """Ends those that still run."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _probe(candidate: Candidate) -> None:
    health = await candidate.backend.health()
    candidate.breaker.probed(health.state != "down")
