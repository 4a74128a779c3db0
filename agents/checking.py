"""How the profiles are: which of them could answer now, with which model. What a picker shows.

Three levels, for all profiles at once: alive (10 ms), ready (100 ms), full (500 ms). The first two figures are what
benchmarks/health.py holds the profiles of this machine against; one that is far away may need longer, so only the last
one is a limit.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from .backends.base import Checkable
from .errors import Code, DocmindError
from .protocol import AnyEvent, Checked
from .records import ProfileState
from .routing.breaker import Breaker
from .settings import Profile
from .text import one_line

LIMIT_S = 0.5
"""Longest time for all profiles together."""
_FIT_S = 0.4
"""Longest time of it to see whether a model fits: a slow disk or driver leaves it unknown."""
_LONGEST = 200
"""Characters of a name or a place."""


def order(known: Mapping[str, Profile], chain: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The wanted profiles, else all: those of the fallback chain first. Raises DocmindError (CONFIG)."""
    if unknown := [name for name in wanted if name not in known]:
        names = ", ".join(sorted(known))
        raise DocmindError(Code.CONFIG, f"There is no profile '{one_line(unknown[0])}'.", f"Known profiles: {names}.")
    return list(wanted) or list(dict.fromkeys([*chain, *known]))


def unchecked(
    name: str, profile: Profile, speeds: Mapping[str, float], reduced: str = "", loads_in_s: float | None = None
) -> ProfileState:
    """What is known without asking. `speeds`: tokens a second of the last calls, by profile."""
    return ProfileState(
        name=name,
        kind=profile.kind,
        model=one_line(profile.model, _LONGEST),
        where=one_line(profile.url or profile.path or profile.class_, _LONGEST),
        context=profile.context,
        tokens_per_s=speeds.get(name),
        reduced=reduced,
        loads_in_s=loads_in_s,
    )


async def check(states: Sequence[ProfileState], looks: Sequence[Checkable], tell: Callable[[AnyEvent], None]) -> None:
    """Probes all at once and tells a Checked for each; never raises, and ends after LIMIT_S."""

    async def one(state: ProfileState, look: Checkable) -> None:
        tell(Checked(profile=await Climb(state, look).run()))

    await asyncio.gather(*map(one, states, looks))


def with_breaker(state: ProfileState, breaker: Breaker) -> ProfileState:
    """The state of a profile with that of its endpoint's breaker."""
    why = one_line(breaker.last.message) if breaker.last else ""
    wait = round(breaker.left_s, 1) if breaker.state == "open" else None
    return msgspec.structs.replace(state, breaker=breaker.state, next_try_s=wait, opened_by=why)


class Climb:
    """One profile's way up the levels; `state` is what has been found so far."""

    def __init__(self, state: ProfileState, look: Checkable) -> None:
        self.state, self._look, self._started = state, look, time.perf_counter()

    async def run(self) -> ProfileState:
        """The state after LIMIT_S at most; never raises."""
        try:
            async with asyncio.timeout(LIMIT_S):
                await self._climb()
        except TimeoutError:
            self._late()
        except DocmindError as error:
            self._down(error.code, error.message, error.hint)
        return self.state

    async def _climb(self) -> None:
        """Raises DocmindError."""
        await self._look.alive()
        self.reached("alive")
        health = await self._look.health()
        if health.state == "down":
            self._down(health.code, health.detail, health.hint)
        elif health.state == "loading":
            self._set(state="loading", reason=health.detail)
        else:
            self.reached("ready", state="cold" if self._look.cold else "ready", reason=health.detail)
            await self._look_closer()

    async def _look_closer(self) -> None:
        """Raises DocmindError."""
        self._set(model=one_line(await self._look.model(), _LONGEST))
        self._set(loaded=(await self._look.view()).of(self.state.model))
        self._set(state="cold" if self._look.cold else "ready")  # Ollama's is known only now
        if not (self._look.own and self._look.cold):  # to ask for its window would load the model
            await self._know()
        if self._look.cold:
            await self._weigh()

    async def _know(self) -> None:
        """Raises DocmindError."""
        self._set(context=await self._look.context())
        if await self._look.lists_model():
            self.reached("full")
        else:
            self._set(reason=f"It does not list the model {self.state.model}.")

    async def _weigh(self) -> None:
        """Whether it fits, where it has to be loaded yet."""
        with contextlib.suppress(TimeoutError, DocmindError):
            async with asyncio.timeout(_FIT_S):
                self._set(fit=await self._look.fit())

    def _set(self, **found: Any) -> None:
        self.state = msgspec.structs.replace(self.state, **found)

    def reached(self, level: str, **found: Any) -> None:
        """Note a level."""
        self._set(level=level, took_ms=self._ms(), **found)

    def _down(self, code: str, reason: str, hint: str) -> None:
        took = self._ms() if self.state.level == "none" else self.state.took_ms
        self._set(state="down", code=code, reason=reason, hint=hint, took_ms=took)

    def _late(self) -> None:
        name, limit = one_line(self.state.name), f"within {LIMIT_S:g} s"
        if self.state.level == "full":
            return  # only whether it fits is not known
        if self.state.level == "ready":
            self._set(reason=f"It did not tell its model {limit}.")
        elif self.state.level == "alive":
            self._down(Code.TIMEOUT, f"{name} accepts connections, but did not answer {limit}.", _BUSY)
        else:
            self._down(Code.TIMEOUT, f"{name} did not accept a connection {limit}.", _BUSY)

    def _ms(self) -> float:
        return round(1000 * (time.perf_counter() - self._started), 1)


_BUSY = "It may be busy or far away: look into its log. Questions give it longer."
