"""How amounts of hardware are written: `12.1 / 16.0 GB`, `244 / 320 W`, `n/a`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docmind.agents.hardware.gpu import Gpu

GB = 1e9
"""Bytes; as the makers of graphics cards count."""
NOT_TOLD = "n/a"


def memory(used: int | None, total: int | None) -> str:
    """Bytes as `12.1 / 16.0 GB`, of large cards as `131 / 151 GB`."""
    if used is None or not total:
        return NOT_TOLD
    digits = 1 if total < 100 * GB else 0
    return f"{used / GB:.{digits}f} / {total / GB:.{digits}f} GB"


def told(value: float | None, unit: str, limit: float | None = None) -> str:
    """`87 %`, and with a limit `244 / 320 W`."""
    if value is None:
        return NOT_TOLD
    return f"{value:.0f} / {limit:.0f} {unit}" if limit else f"{value:.0f} {unit}"


def held(memory: int | None) -> str:
    """What a process holds."""
    return NOT_TOLD if memory is None else f"{memory / GB:.1f} GB"


def capability(gpu: "Gpu") -> str:
    """`compute capability 8.6`."""
    return "compute capability " + ("{}.{}".format(*gpu.capability) if gpu.capability else NOT_TOLD)
