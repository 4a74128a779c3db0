"""The memory that a model may have: of the GPUs, and of the machine."""

import msgspec

from ..all_gpus import AllGpus, read_in_time
from ..gpu import Gpu, Reader
from ..machine import read_machine

TARGET = 0.8
"""Share of a memory that may be in use once the model is loaded. The rest is for what no header tells: the driver's own
context (300 to 600 MB a card), fragmentation, and the other programs of the machine."""
_LONGEST_S = 1.0
"""Seconds that the driver has to answer."""


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """One memory, in bytes: a card's, or the machine's RAM."""

    name: str
    free: int
    total: int
    card: Gpu | None = None
    """None for the RAM."""

    @property
    def room(self) -> int:
        """Bytes that a model may take without going over the target."""
        return max(0, self.free - int(self.total * (1 - TARGET)))

    @property
    def emptied(self) -> "Pool":
        """The same memory with nothing in it."""
        return msgspec.structs.replace(self, free=self.total)


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What there is."""

    ram: Pool
    gpus: tuple[Pool, ...] = ()
    problem: str = ""
    """Why GPUs are missing here that the machine may have."""

    @property
    def free(self) -> int:
        """Bytes: of all GPUs, or of the RAM where there is none."""
        return sum(gpu.free for gpu in self.gpus) if self.gpus else self.ram.free


def read_memory(reader: Reader | None = None) -> Memory:
    """As it is now; a driver that does not answer within a second counts as no GPU. Waits: call it in a thread."""
    machine = read_machine()
    ram = Pool(name="RAM", free=machine.memory_total - machine.memory_used, total=machine.memory_total)
    found = read_in_time(reader or AllGpus(), _LONGEST_S)
    pools = {card.index: _pool(card) for card in found.gpus}
    silent = [f"GPU {index} does not tell its memory." for index, pool in pools.items() if pool is None]
    return Memory(
        ram=ram,
        gpus=tuple(pool for pool in pools.values() if pool),
        problem=" ".join(filter(None, [found.problem, *silent])),
    )


def _pool(card: Gpu) -> Pool | None:
    """None for a card that does not tell its memory."""
    if card.memory_total is None or card.memory_used is None:
        return None
    free = card.memory_total - card.memory_used if card.memory_free is None else card.memory_free
    return Pool(name=f"GPU {card.index} {card.name}", free=free, total=card.memory_total, card=card)
