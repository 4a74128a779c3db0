"""What is known of graphics cards, whoever made them. What a card does not tell is None."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

import msgspec


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One that holds memory of a card."""

    pid: int
    memory: int | None = None
    """Bytes."""


class Gpu(msgspec.Struct, frozen=True, kw_only=True):
    """One card, as it is now."""

    index: int
    name: str
    load: int | None = None
    """Per cent of the time in which something ran on it."""
    memory_used: int | None = None
    """Bytes."""
    memory_total: int | None = None
    """Bytes."""
    memory_free: int | None = None
    """Bytes; less than the rest of the total where the driver keeps some for itself."""
    temperature: int | None = None
    """Degrees Celsius."""
    temperature_limit: int | None = None
    """Degrees Celsius at which the card slows itself down."""
    power: float | None = None
    """Watts."""
    power_limit: float | None = None
    """Watts that are allowed to it."""
    clock: int | None = None
    """MHz of the processors."""
    clock_limit: int | None = None
    """MHz that they can reach."""
    memory_clock: int | None = None
    """MHz."""
    fan: int | None = None
    """Per cent of its highest speed."""
    throttle: tuple[str, ...] | None = None
    """What holds its clocks down, in words: `heat`, `hardware`, `power brake`, `power limit`."""
    pcie: str | None = None
    """Generation and lanes in use: `4 x16`."""
    mig: bool | None = None
    """Whether it is divided into instances, which tell less."""
    capability: tuple[int, int] | None = None
    """CUDA compute capability, (major, minor)."""
    processes: tuple[Process, ...] | None = None
    """Those that hold memory of it, the largest first."""


_POSSIBLE: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "load": (0, 100),
        "memory_total": (0, 2**50),
        "temperature": (-60, 200),
        "temperature_limit": (1, 200),
        "fan": (0, 1000),
        **dict.fromkeys(("power", "power_limit", "clock", "clock_limit", "memory_clock"), (0, 100_000)),
    }
)
"""The least and the most that a card of today or of some years from now can have. NVML's own documentation lets a fan
be over 100 %."""


def believed(gpu: Gpu) -> Gpu:
    """With None in the place of numbers that no card can have: a driver in trouble tells -1, or all bits set."""
    told = {name: value for name in _POSSIBLE if (value := getattr(gpu, name)) is not None}
    wrong = {name for name, value in told.items() if not _POSSIBLE[name][0] <= value <= _POSSIBLE[name][1]}
    most = 2**50 if gpu.memory_total is None or "memory_total" in wrong else gpu.memory_total
    wrong |= {name for name in ("memory_used", "memory_free") if not 0 <= (getattr(gpu, name) or 0) <= most}
    return msgspec.structs.replace(gpu, **dict.fromkeys(wrong)) if wrong else gpu


class Reading(NamedTuple):
    """What a reader found."""

    gpus: list[Gpu]
    problem: str = ""
    """Why cards are missing, where there is a driver that should tell; empty on a machine without one."""
    driver: str = ""
    """Its version."""
    cuda: str = ""
    """The newest CUDA version that the driver supports."""


class Reader(Protocol):
    """One vendor's way to tell; another vendor is another one of these."""

    def read(self) -> Reading:
        """All cards. Never raises; waits as long as the driver does, so it is called in a thread."""
