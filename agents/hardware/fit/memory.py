"""The memory that a model may have: of the GPUs, and of the machine."""

import queue
import threading

import msgspec

from ..gpu import NvmlReader, Reading
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
    holders: tuple[str, ...] = ()
    """Who holds what is not free, as far as that is known: "ollama 6.2 GB"."""

    @property
    def room(self) -> int:
        """Bytes that a model may take without going over the target."""
        return max(0, self.free - int(self.total * (1 - TARGET)))

    @property
    def emptied(self) -> "Pool":
        """The same memory with nothing in it."""
        return msgspec.structs.replace(self, free=self.total, holders=())


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What there is."""

    ram: Pool
    gpus: tuple[Pool, ...] = ()

    @property
    def free(self) -> int:
        """Bytes: of all GPUs, or of the RAM where there is none."""
        return sum(gpu.free for gpu in self.gpus) if self.gpus else self.ram.free


def read_memory(reader: NvmlReader | None = None) -> Memory:
    """As it is now; a driver that does not answer within a second counts as no GPU. Waits: call it in a thread."""
    machine = read_machine()
    ram = Pool(name="RAM", free=machine.memory_total - machine.memory_used, total=machine.memory_total)
    cards = _in_time(reader or NvmlReader()).gpus
    gpus = tuple(
        Pool(name=f"GPU {card.index} {card.name}", free=card.memory_total - card.memory_used, total=card.memory_total)
        for card in cards
        if card.memory_total and card.memory_used is not None
    )
    return Memory(ram=ram, gpus=gpus)


def _in_time(reader: NvmlReader) -> Reading:
    """A thread of its own, a daemon: the end of the process does not wait for a driver that hangs."""
    answer: queue.SimpleQueue[Reading] = queue.SimpleQueue()
    threading.Thread(target=lambda: answer.put(reader.read()), name="memory", daemon=True).start()
    try:
        return answer.get(timeout=_LONGEST_S)
    except queue.Empty:
        return Reading([], "The NVIDIA driver does not answer.")
