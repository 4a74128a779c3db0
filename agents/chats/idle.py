"""Work for which nobody waits: it runs while nothing is asked, one piece at a time, and gives way at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

Job = Callable[[], Awaitable[None]]
log = logging.getLogger(__name__)


class IdleWork:
    """Jobs by name. One that a question interrupts begins again later; one that fails is logged, and given up."""

    def __init__(self, is_busy: Callable[[], bool], wait_s: float) -> None:
        """`is_busy`: whether something is being worked on for which somebody waits."""
        self._is_busy = is_busy
        self.wait_s = wait_s
        """So long nothing has been asked before a job begins, in seconds: who reads an answer may ask on at once."""
        self._jobs: dict[str, Job] = {}
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def is_needed(self) -> bool:
        """Whether anything is left to do."""
        return bool(self._jobs or self._task)

    def offer(self, name: str, job: Job) -> None:
        """Runs it when there is time, in place of one of the same name that has not begun."""
        if not self._closed:
            self._jobs[name] = job
            self._wait()

    def interrupt(self) -> None:
        """Something is asked: nothing runs now, and for a while."""
        if self._task:
            self._task.cancel()
        self._wait()

    async def aclose(self) -> None:
        """Ends it, for good."""
        self._closed = True
        self._jobs.clear()
        if self._timer:
            self._timer.cancel()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _wait(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._jobs or self._task:
            self._timer = asyncio.get_running_loop().call_later(self.wait_s, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._task or self._is_busy():
            self._wait()
        elif self._jobs:
            name = next(iter(self._jobs))
            job = self._jobs.pop(name)
            self._task = asyncio.create_task(self._run(name, job))
            self._task.add_done_callback(self._done)

    async def _run(self, name: str, job: Job) -> None:
        try:
            await job()
        except asyncio.CancelledError:
            if not self._closed:
                self._jobs.setdefault(name, job)
            raise
        except Exception:
            log.exception("idle work failed: %s", name)

    def _done(self, _: asyncio.Task[None]) -> None:
        self._task = None
        if self._jobs and not self._timer:
            self._wait()
