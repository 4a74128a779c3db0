"""CPU and memory of this machine."""

import msgspec


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """As it is now."""

    cpu: float
    """Per cent of all cores since the last reading."""
    memory_used: int
    """Bytes that are not available."""
    memory_total: int
    """Bytes."""


def read_machine(over: float | None = None) -> Machine:
    """The CPU since the last reading, or over the next `over` seconds, for which it waits.

    The first reading without `over` says that the CPU does nothing.
    """
    import psutil

    memory = psutil.virtual_memory()
    used = memory.total - memory.available
    return Machine(cpu=psutil.cpu_percent(over), memory_used=used, memory_total=memory.total)
