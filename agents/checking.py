"""How the profiles are: which of them could answer now, with which model. What a picker shows."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import msgspec

from .backends.base import Backend
from .errors import Code, DocmindError
from .protocol import AnyEvent, Checked
from .records import ProfileState
from .settings import Profile
from .text import one_line

PROBE_S = 2.0
"""Longest time for one profile; a server that is slower is shown as down."""
_LONGEST = 200
"""Characters of a name or a place."""


def order(known: Mapping[str, Profile], chain: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The wanted profiles, else all: those of the fallback chain first. Raises DocmindError (CONFIG)."""
    if unknown := [name for name in wanted if name not in known]:
        names = ", ".join(sorted(known))
        raise DocmindError(Code.CONFIG, f"There is no profile '{one_line(unknown[0])}'.", f"Known profiles: {names}.")
    return list(wanted) or list(dict.fromkeys([*chain, *known]))


def unchecked(name: str, profile: Profile, speeds: Mapping[str, float]) -> ProfileState:
    """What is known without asking. `speeds`: tokens a second of the last answers, by profile."""
    return ProfileState(
        name=name,
        kind=profile.kind,
        model=one_line(profile.model, _LONGEST),
        where=one_line(profile.url or profile.path, _LONGEST),
        context=profile.context,
        tokens_per_s=speeds.get(name),
    )


async def check(states: Sequence[ProfileState], backends: Sequence[Backend], tell: Callable[[AnyEvent], None]) -> None:
    """Probes all backends at once and tells a Checked for each; never raises."""

    async def one(state: ProfileState, backend: Backend) -> None:
        tell(Checked(profile=await _probed(state, backend)))

    await asyncio.gather(*map(one, states, backends))


async def _probed(state: ProfileState, backend: Backend) -> ProfileState:
    try:
        async with asyncio.timeout(PROBE_S):
            return await _asked(state, backend)
    except TimeoutError:
        reason = f"{one_line(state.name)} did not answer within {PROBE_S:g} s."
        return msgspec.structs.replace(state, state="down", code=Code.TIMEOUT, reason=reason)
    except DocmindError as error:
        down = {"code": error.code, "reason": error.message, "hint": error.hint}
        return msgspec.structs.replace(state, state="down", **down)


async def _asked(state: ProfileState, backend: Backend) -> ProfileState:
    """Raises DocmindError."""
    health = await backend.health()
    if health.state == "down":
        return msgspec.structs.replace(state, state="down", code=health.code, reason=health.detail, hint=health.hint)
    if health.state == "loading":
        return msgspec.structs.replace(state, state="loading", reason=health.detail)
    if backend.cold:  # to ask for its window would load the model
        return msgspec.structs.replace(state, state="cold", model=one_line(await backend.model(), _LONGEST))
    model, context = await backend.model(), await backend.context()
    return msgspec.structs.replace(
        state, state=health.state, reason=health.detail, model=one_line(model, _LONGEST), context=context
    )
