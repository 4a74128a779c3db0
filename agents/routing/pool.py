"""The backends that stay open between questions, so that a model stays loaded."""

import asyncio
from collections.abc import Mapping, Sequence

from ..backends.base import Backend, Rarity, backend_class, open_backend
from ..settings import Profile
from .chain import QUOTES


class Pool:
    """Open backends by name. A profile that has changed is opened anew, the old backend is closed."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Profile, str, Backend]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def chain(
        self, names: Sequence[str], profiles: Mapping[str, Profile], keys: Mapping[str, str], rarity: Rarity
    ) -> list[Backend]:
        """The backends of these profiles. `quotes`, which belongs to a library, is made for each question."""
        for kind in {profiles[name].kind for name in names}:
            await asyncio.to_thread(backend_class, kind)  # importing one takes up to a second
        return [self._backend(name, profiles[name], keys.get(name, ""), rarity) for name in names]

    def _backend(self, name: str, profile: Profile, key: str, rarity: Rarity) -> Backend:
        match self._open.get(name):
            case (known_profile, known_key, backend) if (known_profile, known_key) == (profile, key):
                return backend
            case (_, _, outdated):
                self._close(outdated)
        backend = open_backend(name, profile, key, rarity)
        if backend.kind != QUOTES:
            self._open[name] = profile, key, backend
        return backend

    def _close(self, backend: Backend) -> None:
        task = asyncio.ensure_future(backend.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Ends everything that is open."""
        backends = [backend for _, _, backend in self._open.values()]
        self._open.clear()
        await asyncio.gather(*(backend.aclose() for backend in backends), *self._closing, return_exceptions=True)
