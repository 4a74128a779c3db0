"""The engines that are installed beside docmind, and whether llama.cpp can use the graphics cards."""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence

from ..text import one_line
from .findings import Finding

ENGINES = ("xllamacpp", "llama-index-llms-llama-cpp", "llama-index-llms-vllm", "vllm")
"""Distributions."""
LIMIT_S = 20.0
"""Seconds that llama.cpp has to name its devices; a driver that hangs takes longer."""
_ASK = """
import json, xllamacpp
print(json.dumps([[one["name"], one["type"].name] for one in xllamacpp.get_device_info()]))
"""


def versions() -> dict[str, str | None]:
    """Version of each engine; None where it is not installed."""
    return {name: _version(name) for name in ENGINES}


def devices() -> list[str] | None:
    """The devices besides the CPU that the installed llama.cpp computes on; None where it does not tell.

    Asked in a process of its own: a driver may crash it, or hang.
    """
    command = [sys.executable, "-P", "-c", _ASK]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=True, stdin=subprocess.DEVNULL)
        found = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, OSError, ValueError, IndexError):
        return None
    return [one_line(name, 80) for name, kind in found if not kind.endswith("_CPU")]


def llama_cpp(installed: Mapping[str, str | None], found: Sequence[str] | None, has_gpu: bool) -> Finding:
    """`found`: as `devices` tells them."""
    version = installed["xllamacpp"]
    if version is None:
        why = "It is not installed: profiles of the kind llamacpp cannot answer."
        return Finding(level="note", what="llama.cpp", why=why, do="pip install 'docmind[gguf]'")
    if found is None:
        do = "Install it anew: pip install --force-reinstall xllamacpp"
        return Finding(level="problem", what="llama.cpp", why=f"xllamacpp {version} does not start.", do=do)
    if has_gpu and not found:
        why = f"xllamacpp {version} is built for the CPU alone: it does not use the GPU."
        do = "Install a build for your card (xllamacpp's page names their indexes), or let Ollama run the model."
        return Finding(level="problem", what="llama.cpp", why=why, do=do)
    return Finding(level="ok", what="llama.cpp", why=f"xllamacpp {version} on {', '.join(found) or 'the CPU'}")


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
