"""What is known of graphics cards, whoever made them. What a card does not tell is None."""

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
