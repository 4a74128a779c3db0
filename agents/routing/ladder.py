"""Where memory runs out: the same profile once more, with less, before the next one is asked. Remembered."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from ..errors import DocmindError
from ..reduced import Reductions
from ..settings import Profile
from .candidate import Candidate

Lend = Callable[[Sequence[str], Mapping[str, Profile]], Awaitable[list[Candidate]]]
"""Opens the backends of profiles, for as long as the question takes."""


class Ladder:
    """Of one question. `own`: the profiles as the settings have them."""

    def __init__(self, lend: Lend, reductions: Reductions, own: Mapping[str, Profile]) -> None:
        self._lend, self._reductions, self._own = lend, reductions, own

    async def down(self, candidate: Candidate, least: int, error: DocmindError) -> Candidate | None:
        """The next rung; a Reduce. Where there is none, no rung has helped, and none is remembered."""
        name = candidate.name
        try:
            profile = await candidate.backend.smaller(least, error)
        except DocmindError:  # its server does not answer any more
            profile = None
        if profile is None:
            await asyncio.to_thread(self._reductions.drop, name)
            return None
        await asyncio.to_thread(self._reductions.keep, name, self._own[name], profile, error.message)
        (smaller,) = await self._lend([name], {name: profile})
        return smaller
