"""The model servers that the profiles name or that run on this machine, each with its version."""

import asyncio
import contextlib
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from ..backends.base import look_at
from ..backends.flavours import UNKNOWN
from ..backends.openai_server import OpenAIServer
from ..backends.server import Server, below
from ..settings import Profile
from ..text import one_line
from .findings import Finding

LIMIT_S = 0.5
"""Seconds for all servers together."""
OLLAMA = "Ollama"
TOLD_AT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        OLLAMA: ("/api/version", "version"),
        "vLLM": ("/version", "version"),
        "llama-server": ("/props", "build_info"),
        "llamafile": ("/props", "build_info"),
    }
)
"""Path below the root of a server, and key of the answer. The other flavours do not tell their version."""


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """A server that answered."""

    name: str
    version: str | None
    """None where it does not tell."""
    url: str
    profiles: list[str]
    """Names of those that use it."""


async def find(
    profiles: Mapping[str, Profile], running: Mapping[str, Profile], keys: Mapping[str, str]
) -> list[Engine]:
    """The servers of `profiles`, then the others that are `running` here; those that do not answer are left out."""
    users: dict[str, list[str]] = {}
    looks: dict[str, Server] = {}
    for name, profile in [*profiles.items(), *running.items()]:
        look = look_at(name, profile, keys.get(name, ""))
        if not isinstance(look, Server):
            continue
        with contextlib.suppress(Exception):  # the profile's own finding says what is wrong with its URL
            looks.setdefault(look.place, look)
            users.setdefault(look.place, []).extend([name] * (name in profiles))
    found = await asyncio.gather(*(_ask(look, users[place]) for place, look in looks.items()))
    await asyncio.gather(*(look.aclose() for look in looks.values()))
    return [engine for engine in found if engine]


async def _ask(look: Server, users: list[str]) -> Engine | None:
    try:
        async with asyncio.timeout(LIMIT_S):
            name = await _name(look)
            return Engine(name=name, version=await _version(look, name), url=look.place, profiles=users)
    except Exception:  # whatever a server may answer: the profile's own finding says why it cannot be used
        return None


async def _name(look: Server) -> str:
    if isinstance(look, OpenAIServer):
        flavour = await look.flavour()
        return "OpenAI-compatible server" if flavour is UNKNOWN else flavour.name
    return OLLAMA


async def _version(look: Server, name: str) -> str | None:
    if name not in TOLD_AT:
        return None
    path, key = TOLD_AT[name]
    root = look.root if isinstance(look, OpenAIServer) else look.url
    response = await look.http.get(below(root, path))
    told = response.raise_for_status().json()
    value = told.get(key) if isinstance(told, dict) else None
    return one_line(value, 60) if isinstance(value, str) and value else None


def servers(found: list[Engine], has_gpu: bool) -> list[Finding]:
    """One finding each."""
    return [_finding(engine, has_gpu) for engine in found]


def _finding(engine: Engine, has_gpu: bool) -> Finding:
    version = engine.version or "of unknown version"
    use = f"for {', '.join(engine.profiles)}" if engine.profiles else "no profile uses it"
    do = ""
    if engine.name == OLLAMA and has_gpu:
        do = "OLLAMA_FLASH_ATTENTION=1 and OLLAMA_KV_CACHE_TYPE=q8_0, set where it starts, halve its KV cache."
    return Finding(level="ok", what="engine", why=f"{engine.name} {version} at {engine.url}, {use}", do=do)
