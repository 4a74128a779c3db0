"""Ends what tests have left running, when the process that runs them is gone, however it went.

An engine, and what it has started, outlives the program that asked for it. A test ends its own; one that is killed, or
whose program dies while the engine starts, cannot. So a process stands by that waits for the end of ours, and then
ends every process that bears its mark in the environment.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

MARK = "TESTS_OF_DOCMIND"
"""Environment variable; every process that a test starts inherits it."""


@contextmanager
def ended_with_us() -> Iterator[None]:
    """What is started while this holds ends with the block, and when this process is killed."""
    os.environ[MARK] = uuid.uuid4().hex
    command = [sys.executable, __file__, os.environ[MARK]]
    unmarked = {name: value for name, value in os.environ.items() if name != MARK}
    # A session of its own: Ctrl+C is not for it.
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=unmarked, start_new_session=True) as waiting:
        yield
        del os.environ[MARK]
        waiting.communicate()


def end_all(mark: str) -> None:
    """Also those that are started meanwhile."""
    while left := [process for process in psutil.process_iter() if _mark_of(process) == mark]:
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=10)


def _mark_of(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.environ().get(MARK, "")
    return ""


if __name__ == "__main__":
    sys.stdin.read()  # ends when nobody holds the other end any more
    end_all(sys.argv[1])
