"""CPU and memory of this machine, for where there is no GPU."""

import msgspec


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """As it is now."""

    cpu: float
    """Per cent of all cores since the last reading."""
    memory_used: int
    """Bytes that are not available."""
    memory_total: int
    """Bytes."""


def read_machine() -> Machine:
    """Never waits; the first reading of a thread says that the CPU does nothing."""
    import psutil

    memory = psutil.virtual_memory()
    used = memory.total - memory.available
    return Machine(cpu=psutil.cpu_percent(None), memory_used=used, memory_total=memory.total)
