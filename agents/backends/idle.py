"""How long a model that runs in a process of docmind's own is kept when nobody asks it."""

import asyncio
from collections.abc import Awaitable, Callable


class Idle:
    """Entered by every call; `let_go` is awaited when there was none for so many minutes. None: never."""

    def __init__(self, minutes: float | None, let_go: Callable[[], Awaitable[None]]) -> None:
        self._minutes, self._let_go = minutes, let_go
        self._calls = 0
        self._timer: asyncio.TimerHandle | None = None
        self._going: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether there is a call now."""
        return self._calls > 0

    def __enter__(self) -> None:
        self._calls += 1
        self.close()

    def __exit__(self, *_: object) -> None:
        self._calls -= 1
        if self._minutes is not None and not self.busy:
            self._timer = asyncio.get_running_loop().call_later(60 * self._minutes, self._is_over)

    def _is_over(self) -> None:
        self._going = asyncio.create_task(self._go())

    async def _go(self) -> None:
        await self._let_go()

    def close(self) -> None:
        """It is not let go any more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
