"""What is done for a profile's model besides asking it: it is looked at, and loaded before the question comes."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import msgspec

from .checking import with_breaker
from .errors import DocmindError
from .protocol import AnyEvent, Checked, Observed
from .records import ProfileState
from .routing.candidate import Candidate
from .routing.pool import Pool
from .views import View

Lent = Callable[[str], AbstractAsyncContextManager[Candidate]]
"""The open backend of a profile; raises DocmindError for an unknown name."""


class Tending:
    """`tell` hears what is found."""

    def __init__(self, pool: Pool, lent: Lent, tell: Callable[[AnyEvent], None]) -> None:
        self._pool, self._lent, self._tell = pool, lent, tell
        self._loading: set[str] = set()

    async def observe(self, name: str) -> None:
        """Tells what the profile's server does; nothing of a profile that is there no more."""
        view = View(profile=name)
        with contextlib.suppress(DocmindError):
            async with self._lent(name) as candidate:
                view = await candidate.backend.view()
        self._tell(Observed(view=view))

    async def warm(self, state: ProfileState, answering: asyncio.Lock) -> None:
        """Loads the model, after the answer that is being written; `state` is what is known of the profile.

        Does nothing where that would cost money, or the profile cannot answer: whoever checks it is told. Raises
        DocmindError for an unknown name.
        """
        async with answering:
            pass  # the next question need not wait
        async with self._lent(state.name) as (backend, breaker):
            if breaker.state == "open" or not backend.warms_up or (await backend.health()).state == "down":
                return
            await backend.view()  # Ollama tells whether the model is loaded
            if not backend.cold:
                return
            self._loading.add(state.name)
            try:
                state = msgspec.structs.replace(state, model=await backend.model(), state="loading")
                self._tell(Checked(profile=with_breaker(state, breaker)))
                await self._pool.make_room(backend)
                await backend.load()
                here = (await backend.view()).of(state.model)
                done = msgspec.structs.replace(state, state="ready", level="full", loaded=here, context=backend.window)
            except DocmindError as error:  # the next question tries again, and tells it
                why = {"code": error.code, "reason": error.message, "hint": error.hint}
                done = msgspec.structs.replace(state, state="cold", **why)
            finally:
                self._loading.discard(state.name)
            self._tell(Checked(profile=with_breaker(done, breaker)))

    def as_it_is(self, state: ProfileState) -> ProfileState:
        """What a look has found, with what it cannot see: that the model is being loaded."""
        if state.name in self._loading and state.state in ("cold", "ready"):
            return msgspec.structs.replace(state, state="loading", fit=None)
        return state
