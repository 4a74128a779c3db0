"""Finds the model servers that run on this machine at their usual ports, for a user without a config file."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import httpx
from anyio import lowlevel

from ..settings import Kind, Profile
from .naming import chat_models

LIMIT = 0.2
"""Seconds for all probes together: nobody waits for a server that is not there."""

PORTS: Mapping[str, int] = MappingProxyType({"ollama": 11434, "lmstudio": 1234, "vllm": 8000, "llamacpp-server": 8080})
"""Default port by profile name, best first: from servers that load models by themselves to those that run just one."""


async def discover(ports: Mapping[str, int] = PORTS, limit: float = LIMIT) -> dict[str, Profile]:
    """A profile for each server on loopback that has a chat model, in the order of `ports`; < 300 ms, never raises."""
    options: dict[str, Any] = {"trust_env": False, "verify": False, "follow_redirects": False, "timeout": limit}
    await lowlevel.checkpoint()  # imports what httpx needs in a loop, 70 ms that the probes must not lose
    async with httpx.AsyncClient(**options) as client:
        probes = [asyncio.create_task(_probe(client, name, port)) for name, port in ports.items()]
        _, late = await asyncio.wait(probes, timeout=limit)
        for probe in late:
            probe.cancel()
        found = await asyncio.gather(*probes, return_exceptions=True)
    return {name: profile for name, profile in zip(ports, found, strict=True) if isinstance(profile, Profile)}


async def _probe(client: httpx.AsyncClient, name: str, port: int) -> Profile | None:
    """Raises whatever a server that is none of ours may cause: httpx errors, ValueError, TypeError, KeyError."""
    kind: Kind = "ollama" if name == "ollama" else "openai"
    url = f"http://127.0.0.1:{port}"
    response = await client.get(url + ("/api/tags" if kind == "ollama" else "/v1/models"))
    listed = response.raise_for_status().json()
    names = [one["name"] for one in listed["models"]] if kind == "ollama" else [one["id"] for one in listed["data"]]
    models = chat_models(names)
    return Profile(kind=kind, url=url if kind == "ollama" else f"{url}/v1", model=models[0]) if models else None
