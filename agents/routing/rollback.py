"""Whether a profile does so badly that questions had better go back to one that did well before. Pure.

It looks at the calls of the last minutes, over all chats. What single failures cost is the breaker's business; this is
about a profile that answers, but badly: slowly, or not every time.
"""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from typing import NamedTuple

from ..errors import Code
from ..records import Call
from ..settings import RollbackSettings
from .breaker import NO_OUTAGE

_MOST = 1000
"""Calls of a profile that are remembered."""
P95 = 0.95


class _Noted(NamedTuple):
    at: float
    failed: bool
    timed_out: bool
    first_token_s: float | None


class History:
    """What came of the latest calls of each profile, and which profiles did well. `now` gives seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._calls: defaultdict[str, deque[_Noted]] = defaultdict(lambda: deque(maxlen=_MOST))
        self._good: list[str] = []

    def note(self, call: Call) -> None:
        """A call has ended. One that was left, or failed by no fault of its backend, says nothing."""
        if call.outcome == "cancelled" or call.code in NO_OUTAGE:
            return
        first = None if call.first_token_ms is None or call.loaded else call.first_token_ms / 1000
        noted = _Noted(self._now(), call.outcome == "failed", call.code == Code.TIMEOUT, first)
        self._calls[call.profile].append(noted)

    def did_well(self, profile: str) -> None:
        """It has answered a question, and there is nothing to say against it."""
        self._good = [profile, *(name for name in self._good if name != profile)]

    def better_than(self, profile: str, among: Collection[str], settings: RollbackSettings) -> str:
        """The latest one that did well and does so still; empty: there is none."""
        others = (name for name in self._good if name != profile and name in among)
        return next((name for name in others if not self.verdict(name, settings)), "")

    def forget(self, profile: str) -> None:
        """It gets another chance."""
        self._calls.pop(profile, None)
        self._good = [name for name in self._good if name != profile]

    def verdict(self, profile: str, settings: RollbackSettings) -> str:
        """What is wrong with a profile; empty: nothing that the settings ask for."""
        since = self._now() - settings.window
        calls = [call for call in self._calls.get(profile, ()) if call.at >= since]
        last = list(self._calls.get(profile, ()))[-settings.timeouts :] if settings.timeouts else []
        if last and len(last) == settings.timeouts and all(call.timed_out for call in last):
            return f"{profile} has timed out {settings.timeouts} times in a row."
        if len(calls) < settings.min_calls:
            return ""
        failed = sum(call.failed for call in calls)
        if settings.errors and failed > settings.errors * len(calls):
            return f"{failed} of the last {len(calls)} calls of {profile} failed."
        slow = _p95([call.first_token_s for call in calls if call.first_token_s is not None])
        if settings.first_token and slow > settings.first_token:
            return f"{profile} takes {slow:.1f} s to its first word (P95 of {len(calls)} calls)."
        return ""


def _p95(values: list[float]) -> float:
    """By nearest rank; 0 for none."""
    return sorted(values)[math.ceil(P95 * len(values)) - 1] if values else 0.0
