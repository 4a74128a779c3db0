"""What stays between questions: the open backends, so that a model stays loaded, and the endpoints' breakers."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from ..backends.base import Backend, NoteLoad, Rarity, backend_class, open_backend
from ..errors import DocmindError
from ..settings import Profile
from .breaker import Breaker
from .candidate import Candidate
from .chain import QUOTES
from .probes import Probes

FIT_S = 2.0
"""Longest wait for whether a model fits: a question waits for it, where a server, a disk or a driver hangs."""
Key = tuple[str, bytes, str]
"""Name, settings and API key of a profile: whatever makes another backend of it."""
Endpoint = tuple[str, ...]
"""Kind, place, model and API key: profiles that share these fail together."""


class Pool:
    """Open backends. Where a profile has changed, the old backend is closed when no question uses it any more."""

    def __init__(self, note_load: NoteLoad = lambda load: None) -> None:
        """`note_load` hears of every model that was loaded."""
        self._note_load = note_load
        self._open: dict[Key, Backend] = {}
        self._in_use: Counter[Key] = Counter()
        self._latest: dict[str, Key] = {}
        self._breakers: dict[Endpoint, Breaker] = {}
        self._probes = Probes()

    @contextlib.asynccontextmanager
    async def chain(
        self, names: Sequence[str], profiles: Mapping[str, Profile], keys: Mapping[str, str], rarity: Rarity
    ) -> AsyncIterator[list[Candidate]]:
        """The backends of these profiles, for one question. `quotes`, which belongs to a library, is made anew."""
        for kind in {profiles[name].kind for name in names}:
            await asyncio.to_thread(backend_class, kind)  # importing one takes up to a second
        lent = {name: (name, msgspec.json.encode(profiles[name]), keys.get(name, "")) for name in names}
        self._latest |= lent
        self._in_use.update(lent.values())
        try:
            await self._close_outdated()  # before the new ones load: there may be no room for both
            yield [
                Candidate(
                    self._backend(lent[name], profiles[name], rarity), self.breaker(profiles[name], lent[name][2])
                )
                for name in names
            ]
        finally:
            self._in_use.subtract(lent.values())
            self._in_use = +self._in_use  # without those that nobody uses
            await self._close_outdated()

    def _backend(self, key: Key, profile: Profile, rarity: Rarity) -> Backend:
        if profile.kind == QUOTES:
            return open_backend(key[0], profile, key[2], rarity)
        if key not in self._open:
            self._open[key] = open_backend(key[0], profile, key[2], rarity)
            self._open[key].note_load = self._note_load
        return self._open[key]

    def breaker(self, profile: Profile, key: str) -> Breaker:
        """The one of the profile's endpoint, closed when it is new."""
        endpoint = (profile.kind, profile.url, profile.path, profile.model, key)
        return self._breakers.setdefault(endpoint, Breaker())

    async def make_room(self, backend: Backend) -> None:
        """Lets go of loaded models that are not being asked, until that of `backend` fits; keeps them where it does.

        Never raises. Where nobody knows what the model needs, as with most hosted classes, all are kept. A model
        that is just being loaded has its room already.
        """
        if backend.busy:
            return
        held = [one for one in self._open.values() if one is not backend and one.holds_memory]
        for other in held:
            if await _fits(backend):
                break
            if not other.busy:
                await other.unload()

    async def probe(self, chain: Sequence[Candidate]) -> None:
        """Looks, for a moment, whether endpoints that were left alone are back. Never raises."""
        await self._probes.run(chain)

    async def _close_outdated(self) -> None:
        await self._close([key for key in self._open if key != self._latest.get(key[0])])

    async def _close(self, keys: Sequence[Key]) -> None:
        unused = [self._open.pop(key) for key in keys if not self._in_use[key]]
        await asyncio.gather(*(backend.aclose() for backend in unused), return_exceptions=True)

    async def aclose(self) -> None:
        """Ends everything that is open."""
        await self._probes.aclose()
        self._in_use.clear()
        await self._close(list(self._open))


async def _fits(backend: Backend) -> bool:
    """True also where nobody says so in time."""
    try:
        async with asyncio.timeout(FIT_S):
            return await backend.fit() in (None, "fits")
    except (DocmindError, TimeoutError):
        return True
