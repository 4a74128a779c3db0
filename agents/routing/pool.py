"""The backends that stay open between questions, so that a model stays loaded."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from ..backends.base import Backend, Rarity, backend_class, open_backend
from ..settings import Profile
from .chain import QUOTES

Key = tuple[str, bytes, str]
"""Name, settings and API key of a profile: whatever makes another backend of it."""


class Pool:
    """Open backends. Where a profile has changed, the old backend is closed when no question uses it any more."""

    def __init__(self) -> None:
        self._open: dict[Key, Backend] = {}
        self._in_use: Counter[Key] = Counter()
        self._latest: dict[str, Key] = {}

    @contextlib.asynccontextmanager
    async def chain(
        self, names: Sequence[str], profiles: Mapping[str, Profile], keys: Mapping[str, str], rarity: Rarity
    ) -> AsyncIterator[list[Backend]]:
        """The backends of these profiles, for one question. `quotes`, which belongs to a library, is made anew."""
        for kind in {profiles[name].kind for name in names}:
            await asyncio.to_thread(backend_class, kind)  # importing one takes up to a second
        lent = {name: (name, msgspec.json.encode(profiles[name]), keys.get(name, "")) for name in names}
        self._latest |= lent
        self._in_use.update(lent.values())
        try:
            yield [self._backend(lent[name], profiles[name], rarity) for name in names]
        finally:
            self._in_use.subtract(lent.values())
            self._in_use = +self._in_use  # without those that nobody uses
            await self._close([key for key in self._open if key != self._latest.get(key[0])])

    def _backend(self, key: Key, profile: Profile, rarity: Rarity) -> Backend:
        if profile.kind == QUOTES:
            return open_backend(key[0], profile, key[2], rarity)
        if key not in self._open:
            self._open[key] = open_backend(key[0], profile, key[2], rarity)
        return self._open[key]

    async def _close(self, keys: Sequence[Key]) -> None:
        unused = [self._open.pop(key) for key in keys if not self._in_use[key]]
        await asyncio.gather(*(backend.aclose() for backend in unused), return_exceptions=True)

    async def aclose(self) -> None:
        """Ends everything that is open."""
        self._in_use.clear()
        await self._close(list(self._open))
