"""A circuit breaker: an endpoint that keeps failing is left alone for a while, then tried with one call. Pure.

closed: calls pass. open: none do, until its time is over; then a cheap probe may be made. half-open: the probe went
well, and one real call decides. The times are those of Finagle's failure accrual: 5 s, doubling with equal jitter, to
300 s. It counts consecutive failures, for a share of failures says nothing about ten calls an hour.
"""

import random
import time
from collections.abc import Callable
from typing import Literal

from ..errors import Code, DocmindError
from .retry import LONGEST_WAIT_S

BreakerState = Literal["closed", "open", "half-open"]

FAILURES = 3
"""So many calls that fail or time out one after the other open it."""
FIRST_S, LONGEST_S = 5.0, 300.0
"""How long it stays open: at first, and at most."""
AT_ONCE = {
    Code.UNAVAILABLE,
    Code.UNAUTHORISED,
    Code.MODEL_NOT_FOUND,
    Code.MODEL_FILE,
    Code.PACKAGE_MISSING,
    Code.REMOTE_REFUSED,
    Code.CONFIG,
}
"""Failures that do not pass by themselves: the first one opens it."""
NO_OUTAGE = {Code.CONTEXT_OVERFLOW, Code.REFUSAL, Code.NO_ANSWER, Code.DEADLINE, Code.OUT_OF_MEMORY}
"""What says nothing about the endpoint: the prompt, the question, the agent's own limits; lack of memory, for the route
asks it again with less, and opens the breaker where that does not help."""


class Breaker:
    """Of one endpoint. `now` gives seconds, `jitter` a number from 0 to 1."""

    def __init__(self, now: Callable[[], float] = time.monotonic, jitter: Callable[[], float] = random.random) -> None:
        self._now, self._jitter = now, jitter
        self.state: BreakerState = "closed"
        self.last: DocmindError | None = None
        """Why it opened."""
        self._failures = 0
        self._openings = 0
        self._until = 0.0
        self._trying = False

    @property
    def left_s(self) -> float:
        """Seconds until it may be probed; 0 when it is not open."""
        return max(0.0, self._until - self._now()) if self.state == "open" else 0.0

    @property
    def due(self) -> bool:
        """Whether it is open and its time is over: only a probe leads further."""
        return self.state == "open" and not self.left_s

    def admit(self) -> bool:
        """Whether a call may be made now. One that was admitted ends in `succeeded`, `failed` or `given_up`."""
        if self.state == "half-open" and not self._trying:
            self._trying = True
            return True
        return self.state == "closed"

    def succeeded(self) -> None:
        """A call went well."""
        self.state, self.last = "closed", None
        self._failures = self._openings = 0
        self._trying = False

    def given_up(self) -> None:
        """A call was left, or failed for a reason that is not the endpoint's: it says nothing."""
        self._trying = False

    def failed(self, error: DocmindError) -> None:
        """A call failed."""
        if error.code in NO_OUTAGE:
            self.given_up()
            return
        self._failures += 1
        if self.state == "open" and not self.due:  # a call that was under way, or was made all the same
            return
        trial, self._trying = self._trying, False
        wants_rest = (error.retry_after_s or 0.0) > LONGEST_WAIT_S
        if trial or wants_rest or error.code in AT_ONCE or self._failures >= FAILURES:
            self.open(error)

    def probed(self, well: bool) -> None:
        """What a cheap probe found while it was open; otherwise it does not count.

        A server that nobody could reach is back as soon as a probe reaches it; any other failure waits for its time,
        for a server that hangs in every answer may still say that it is well.
        """
        if self.state != "open":
            return
        if well and (self.due or (self.last and self.last.code == Code.UNAVAILABLE)):
            self.state = "half-open"
        elif self.due and self.last:
            self.open(self.last)

    def open(self, error: DocmindError) -> None:
        """It is left alone for a while."""
        period = min(LONGEST_S, FIRST_S * 2**self._openings)
        if self._openings:
            period *= (1 + self._jitter()) / 2
        self._openings = min(self._openings + 1, 10)  # 2 to the power of it stays small
        self.state, self.last = "open", error
        self._until = self._now() + min(LONGEST_S, max(period, error.retry_after_s or 0.0))
