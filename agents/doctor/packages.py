"""The engines that are installed beside docmind, and whether each llama.cpp among them can use the graphics cards."""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence

from ..hardware.gpu import Reading
from ..text import one_line
from .findings import Finding

PACKAGES = (
    "xllamacpp",
    "llama-cpp-python",
    "llama-index-llms-llama-cpp",
    "vllm",
    "llama-index-llms-vllm",
    "nvidia-ml-py",
    "pynvml",
)
"""Distributions."""
LIMIT_S = 20.0
"""Seconds that llama.cpp has to name its devices; a driver that hangs takes longer."""
_ASK = {
    "xllamacpp": """
import json, xllamacpp
print(json.dumps([one["name"] for one in xllamacpp.get_device_info() if not one["type"].name.endswith("_CPU")]))
""",
    "llama-cpp-python": """
import json, llama_cpp
print(json.dumps(["the GPU"] if llama_cpp.llama_supports_gpu_offload() else []))
""",
}
XLLAMACPP = "pip install --force-reinstall xllamacpp --index-url https://xorbitsai.github.io/xllamacpp/whl/"
"""The project's own indexes, as its README names them; each holds one build."""


def versions() -> dict[str, str | None]:
    """Version of each package; None where it is not installed."""
    return {name: _version(name) for name in PACKAGES}


def packages(installed: Mapping[str, str | None], reading: Reading) -> list[Finding]:
    """What is installed, a finding for each llama.cpp, and one for a binding that is in the way."""
    told = ", ".join(f"{name} {version}" for name, version in installed.items() if version)
    found = [Finding(level="ok", what="packages", why=told or "none of the engines' packages")]
    found += [_llama_cpp(name, installed[name], reading) for name in _ASK if installed[name] or name == "xllamacpp"]
    if installed["pynvml"]:
        why = f"pynvml {installed['pynvml']} is installed, an old package in the place of nvidia-ml-py."
        do = "pip uninstall pynvml && pip install --force-reinstall nvidia-ml-py"
        found.append(Finding(level="note", what="nvidia-ml-py", why=why, do=do))
    return found


def devices(package: str) -> list[str] | None:
    """The devices besides the CPU that the package computes on; None where it does not tell.

    Asked in a process of its own: a driver may crash it, or hang.
    """
    command = [sys.executable, "-P", "-c", _ASK[package]]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=True, stdin=subprocess.DEVNULL)
        return [one_line(name, 80) for name in json.loads(done.stdout.splitlines()[-1])]
    except (subprocess.SubprocessError, OSError, ValueError, IndexError):
        return None


def _llama_cpp(package: str, version: str | None, reading: Reading) -> Finding:
    if version is None:
        why = "It is not installed: profiles of the kind llamacpp cannot answer."
        return Finding(level="note", what="llama.cpp", why=why, do="pip install 'docmind[gguf]'")
    return judged(package, version, devices(package), reading)


def judged(package: str, version: str, found: Sequence[str] | None, reading: Reading) -> Finding:
    """`found`: as `devices` tells them."""
    if found is None:
        do = f"Install it anew: pip install --force-reinstall {package}"
        return Finding(level="problem", what="llama.cpp", why=f"{package} {version} does not start.", do=do)
    if reading.gpus and not found:
        why = f"{package} {version} is built for the CPU alone: it does not use the GPU."
        return Finding(level="problem", what="llama.cpp", why=why, do=mend(package, reading))
    return Finding(level="ok", what="llama.cpp", why=f"{package} {version} on {', '.join(found) or 'the CPU'}")


def mend(package: str, reading: Reading) -> str:
    """The command that brings a build for these cards."""
    cuda = tuple(int(part) for part in reading.cuda.split(".")) if reading.cuda else ()
    if package == "llama-cpp-python":
        backend = "GGML_CUDA" if cuda else "GGML_VULKAN"
        again = "pip install --force-reinstall --no-cache-dir --no-binary llama-cpp-python llama-cpp-python"
        return f'CMAKE_ARGS="-D{backend}=on" {again}'
    return XLLAMACPP + _build(cuda, reading)


def _build(cuda: tuple[int, ...], reading: Reading) -> str:
    """By the driver: a build needs one that is at least as new as its CUDA, and CUDA 13 left older cards behind."""
    turing = all(gpu.capability is None or gpu.capability >= (7, 5) for gpu in reading.gpus)
    if cuda >= (13, 2) and turing:
        return "cu132"
    return "cu128" if cuda >= (12, 8) else "vulkan"


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
