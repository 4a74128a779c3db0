"""Which kind of backend and which size of model suit this machine, with the reasons."""

from collections.abc import Collection

import msgspec

from ..hardware.fit.memory import TARGET

SIZES = ((42.0, "70B Q4_K_M"), (20.0, "32B Q4_K_M"), (10.0, "14B Q4_K_M"), (6.0, "8B Q4_K_M"), (4.0, "3B Q8_0"))
"""GB that a model with a window of 8K takes, about, and its name. `docmind fit` reckons with the model's own header."""
ON_CPU = ("8B Q4_K_M", "3B Q8_0")
"""What a CPU writes fast enough to read along, on a machine of today."""


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """`size` is empty where nothing fits."""

    kind: str
    size: str
    reasons: list[str]


def recommend(gpu_total: int, ram_total: int, servers: Collection[str], gpu_used: int = 0) -> Recommendation:
    """The memories in bytes; `servers`: kinds of the profiles that could answer, the best first."""
    size, reasons = _largest(gpu_total, "the GPUs' memory", [name for _, name in SIZES]) if gpu_total else ("", [])
    if gpu_used > (1 - TARGET) * gpu_total:
        reasons.append(f"{gpu_used / 1e9:.0f} GB of it are in use now: `docmind fit` reckons with what is free")
    if not size:
        size, in_ram = _largest(ram_total, "the RAM", ON_CPU)
        reasons += [*in_ram, "on the CPU a larger one writes slower than one reads"]
    if servers:
        kind, why = next(iter(servers)), "it could answer now"
    elif size:
        kind, why = "llamacpp", "a GGUF file needs no server"
    else:
        kind, why = "quotes", "it needs no model"
    reasons.append(f"{kind}: {why}")
    return Recommendation(kind=kind, size=size, reasons=reasons)


def _largest(memory: int, where: str, names: Collection[str]) -> tuple[str, list[str]]:
    """The largest of these sizes that a memory in bytes holds, empty where none does; and why."""
    room = TARGET * memory / 1e9
    size = next((name for need, name in SIZES if need <= room and name in names), "")
    fits = f"a model of {size} takes less" if size else "no common model fits"
    return size, [f"{100 * TARGET:.0f} % of {where} are {room:.0f} GB", fits]
