"""The engine's own look at the heat of the cards, where the settings want more than a notice."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from .hardware.gpu import Reader
from .hardware.heat import Heat
from .hardware.watching import Sample, Watch
from .routing.chain import on_card
from .settings import Profile, WhenHot

LOOK_S = 1.0
"""Longest wait for a reading, in seconds: a driver may hang."""


class Way(NamedTuple):
    """Of a question."""

    names: list[str]
    """The profiles to ask."""
    past: str = ""
    """Why the first choice is not among them; empty: it is."""


class Cooling:
    """Of all chats. Reads nothing before `begin`."""

    def __init__(self, reader: Reader | None = None) -> None:
        self._heat, self._watch = Heat(), Watch(self._take, reader)
        self._read = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> None:
        """From now on the cards are read, in a thread of their own."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._watch.start()

    def end(self) -> None:
        """Reads no more."""
        self._watch.stop()

    async def way(
        self, names: Sequence[str], profiles: Mapping[str, Profile], when_hot: WhenHot, tell: Callable[[str], None]
    ) -> Way:
        """Of these profiles those that may answer now: all, or those that no card works for.

        With `wait` it waits until no card is too hot; `tell` hears which are, whenever that changes.
        """
        elsewhere = [name for name in names if not on_card(profiles[name])]
        if when_hot == "wait" and names[0] not in elsewhere:
            await self._cooled(tell)
        if when_hot == "next" and elsewhere and (heat := await self._words()):
            is_first = elsewhere[0] == names[0]
            return Way(elsewhere, "" if is_first else f"{heat}: {names[0]} is left alone until that has cooled down.")
        return Way(list(names))

    async def _cooled(self, tell: Callable[[str], None]) -> None:
        told = ""
        while words := await self._words():
            if words != told:
                tell(told := words)
            self._read.clear()

    async def _words(self) -> str:
        """What is too hot now; empty: nothing, or nobody knows."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._read.wait()
        return self._heat.words

    def _take(self, sample: Sample) -> None:
        """In the thread of the reader."""
        self._heat.take(sample.gpus.gpus)
        assert self._loop
        with contextlib.suppress(RuntimeError):  # the engine has just ended
            self._loop.call_soon_threadsafe(self._read.set)
