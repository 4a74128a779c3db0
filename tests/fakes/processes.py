"""Whether other processes live."""

import psutil


def gone(process: psutil.Process) -> bool:
    """Ended, perhaps without an init process that takes notice."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
