"""Which profiles answer, in which order. Pure: opens nothing."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import httpx
import msgspec

from ..backends.hosted_checks import LLAMA_CPP
from ..backends.hosts import is_loopback
from ..errors import Code, DocmindError
from ..protocol import Rule
from ..settings import Profile, Settings, models_of

QUOTES = "quotes"
"""The built-in last resort of every chain: it needs nothing and cannot be down."""


def profiles(settings: Settings, discovered: Mapping[str, Profile]) -> dict[str, Profile]:
    """All profiles by name: the configured ones, else those that were found on this machine; and `quotes`.

    Each further model of a profile is one of its own, so that it has its own breaker, state and figures.
    """
    named = {QUOTES: Profile(kind="quotes"), **(settings.profiles or discovered)}
    return {
        name: profile if name == own else msgspec.structs.replace(profile, model=model, models=[])
        for own, profile in named.items()
        for name, model in models_of(own, profile)
    }


def _with_models(names: Iterable[str], known: Mapping[str, Profile]) -> list[str]:
    """Each name once, followed by those of its further models."""
    listed = [name for name in names if name in known]
    return list(dict.fromkeys(each for name in listed for each, _ in models_of(name, known[name])))


class Plan(NamedTuple):
    """The profiles to try, in order, and why the first one comes first."""

    names: list[str]
    rule: Rule


def plan(
    settings: Settings,
    known: Mapping[str, Profile],
    profile: str | None,
    fallback: bool,
    banned: Collection[str] = (),
) -> Plan:
    """The way of a question, without the banned profiles, unless only one was wanted.

    First the one that was asked for (else the one in use), then the configured fallback, by default every local profile
    by priority; a remote one is only used when it was named. A profile's further models follow it, also without
    `fallback`. Raises DocmindError for an unknown name, or when all are banned.
    """
    local = [name for name, p in known.items() if _is_local(p)]
    by_priority = sorted(local, key=lambda name: -known[name].priority)
    rest = settings.fallback if settings.fallback is not None else by_priority
    chosen = profile or settings.profile
    first = chosen or next((name for name in [*rest, *by_priority] if name != QUOTES), QUOTES)
    if first not in known:
        names = ", ".join(sorted(known))
        raise DocmindError(Code.CONFIG, f"There is no profile '{first}'.", f"Known profiles: {names}.")
    if not fallback:
        return Plan(_with_models([first], known), "only")
    models = [] if first == QUOTES else [name for name in _with_models([first, *rest], known) if name != QUOTES]
    out = _with_models(banned, known)
    left = [name for name in [*models, QUOTES] if name not in out]
    if not left:
        raise DocmindError(Code.CONFIG, "Every profile is banned.", "Lift a ban: /ban NAME.")
    return Plan(left, "left" if first != left[0] else "chosen" if profile else _rule(settings))


def _rule(settings: Settings) -> Rule:
    """Why a profile comes first for which nobody has asked."""
    return "configured" if settings.profile else "listed" if settings.fallback else "best"


def is_local_model(profile: Profile) -> bool:
    """Whether a model on this machine answers."""
    return profile.kind != QUOTES and _is_local(profile)


def on_card(profile: Profile) -> bool:
    """Whether a graphics card of this machine may work for it, as far as its settings tell."""
    options = profile.options
    if not is_local_model(profile):
        return False
    if profile.kind == "llamacpp":
        return profile.gpu_layers != 0
    if profile.class_ == LLAMA_CPP:  # its default is none
        return bool(options.get("model_kwargs", {}).get("n_gpu_layers"))
    return not (profile.kind == "ollama" and options.get("num_gpu") == 0)


def _is_local(profile: Profile) -> bool:
    """Where a hosted class connects to cannot be seen, only that it may."""
    if profile.kind == "hosted":
        return not profile.allow_remote
    return not profile.url or is_loopback(httpx.URL(profile.url).host)
