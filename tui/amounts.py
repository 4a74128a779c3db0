"""How amounts of hardware are written: `12.1 / 16.0 GB`, `244 / 320 W`, `n/a`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docmind.agents.hardware.gpu import Gpu
    from docmind.agents.protocol import Meter

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


def counted(number: int, what: str) -> str:
    """`1 file`, `1,200 files`."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def past(meter: "Meter") -> str:
    """`4 older questions summarised, 2 left out`, as far as it is so."""
    what = "older question"
    if not meter.summarised:
        return f"{counted(meter.left_out, what)} left out" if meter.left_out else ""
    left_out = f", {meter.left_out:,} left out" if meter.left_out else ""
    return f"{counted(meter.summarised, what)} summarised{left_out}"
