"""Who holds the memory of a card: names for the process numbers that a driver tells."""

import contextlib
from collections.abc import Collection
from typing import NamedTuple

from ..text import one_line
from .gpu import Gpu

LONGEST_NAME = 40


class Holder(NamedTuple):
    """A process with memory of a card."""

    pid: int
    name: str
    """Of its program; empty where it is another user's, or in another container."""
    user: str
    memory: int | None
    """Bytes."""
    ours: bool
    """Whether it is docmind's engine or a model that it runs."""


def holders(gpu: Gpu, ours: Collection[int]) -> list[Holder]:
    """The processes of `gpu`, the largest first; `ours` are the process numbers of `family`."""
    return [
        Holder(process.pid, *_name_and_user(process.pid), process.memory, process.pid in ours)
        for process in gpu.processes or ()
    ]


def family(pid: int) -> frozenset[int]:
    """The process with all its descendants; empty when it is gone."""
    import psutil

    try:
        process = psutil.Process(pid)
        return frozenset({pid, *(child.pid for child in process.children(recursive=True))})
    except psutil.Error:
        return frozenset()


def _name_and_user(pid: int) -> tuple[str, str]:
    import psutil

    name = user = ""
    with contextlib.suppress(psutil.Error, KeyError):
        process = psutil.Process(pid)
        name = one_line(process.name(), LONGEST_NAME)
        user = one_line(process.username(), LONGEST_NAME)
    return name, user
