"""How much memory a process and those that it started have taken."""

from .all_gpus import AllGpus, read_in_time
from .gpu import Reader
from .processes import family

_LONGEST_S = 1.0
"""Seconds that the driver has to answer."""


def taken(pid: int, reader: Reader | None = None) -> tuple[int, int | None]:
    """(bytes of RAM and of GPUs together, bytes of GPUs). Waits: call it in a thread.

    None: not known, as where a card does not tell, or knows the process by another number, as in a container.
    RAM that several processes share counts once for each of them.
    """
    import psutil

    pids, ram = family(pid), 0
    for each in pids:
        try:
            ram += psutil.Process(each).memory_info().rss
        except psutil.Error:
            continue
    found = read_in_time(reader or AllGpus(), _LONGEST_S)
    ours = [process for gpu in found.gpus for process in gpu.processes or () if process.pid in pids]
    if found.problem or (found.gpus and not ours) or any(process.memory is None for process in ours):
        return ram, None
    vram = sum(process.memory or 0 for process in ours)
    return ram + vram, vram
