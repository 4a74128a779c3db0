"""The limits in time of one call of a backend."""

import time
from collections.abc import Awaitable, Callable

from ..errors import Code, DocmindError
from ..settings import Timeouts

CLOSING_S = 1.0
"""Seconds for what follows the end marker: a server sends it at once or never."""


class Deadline:
    """`at` is the time.monotonic() by which the next piece must have come."""

    def __init__(self, timeouts: Timeouts) -> None:
        self.timeouts, self.start, self.started = timeouts, time.monotonic(), False
        self.end = self.start + timeouts.total
        self.was_loading = self.is_closing = False
        self._set(timeouts.first_token)

    def _set(self, seconds: float) -> None:
        self.at = min(time.monotonic() + seconds, self.end)

    def heard(self) -> None:
        """Content has come: from now on, only silence and the whole count."""
        self.started, self.is_closing = True, False
        self._set(self.timeouts.stall)

    def closing(self) -> None:
        """The answer is whole: only the token counts may follow. Chunks without content do not prolong it."""
        if not self.is_closing:
            self.is_closing = True
            self._set(CLOSING_S)

    def left(self) -> float:
        """Seconds until `at`, not below 0."""
        return max(0.0, self.at - time.monotonic())

    async def passed(self, name: str, loading: Callable[[], Awaitable[bool]], unstreamed: bool = False) -> None:
        """Called when `at` has passed: wait on while the model loads, and for one more `first_token` after that.

        Of an answer that comes in one piece, silence says nothing: only the whole counts.
        Raises DocmindError (TIMEOUT).
        """
        now = time.monotonic()
        if now >= self.end:
            raise self._error(name, f"did not finish within {self.timeouts.total:g} s", "total")
        if unstreamed:
            self.at = self.end
            return
        if self.started:
            raise self._error(name, f"stopped for {self.timeouts.stall:g} s in the middle of its answer", "stall")
        is_loading = await loading()
        if is_loading and now >= self.start + self.timeouts.loading:
            raise self._error(name, f"was still loading its model after {self.timeouts.loading:g} s", "loading")
        if not is_loading and not self.was_loading:
            raise self._error(name, f"gave no first word within {self.timeouts.first_token:g} s", "first_token")
        self.was_loading = is_loading
        rest_of_loading = self.start + self.timeouts.loading - now
        self._set(min(self.timeouts.first_token, rest_of_loading) if is_loading else self.timeouts.first_token)

    def _error(self, name: str, what: str, limit: str) -> DocmindError:
        return DocmindError(
            Code.TIMEOUT, f"{name} {what}.", f"If it only needs longer, raise timeouts.{limit} in the profile."
        )
