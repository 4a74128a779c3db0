"""How full the context window is and how fast the model writes, while one call streams."""

import time
from collections.abc import Callable

from ..backends.base import Delta
from ..protocol import Meter
from ..records import Usage
from ..tokens import CHARS_PER_TOKEN

EVERY_S = 1.0
"""Shortest time between two readings of a stream."""


class Metering:
    """The readings of one call. `prompt` and `window` are in tokens, `now` gives seconds.

    `summarised` and `left_out`: how many earlier questions the prompt does not hold whole.
    """

    def __init__(
        self,
        run: str,
        profile: str,
        prompt: int,
        window: int,
        summarised: int = 0,
        left_out: int = 0,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._summarised, self._left_out = summarised, left_out
        self._run, self._profile, self._prompt, self._window, self._now = run, profile, prompt, window, now
        self._chars = 0
        self._started: float | None = None
        self._read = 0.0

    def begin(self) -> Meter:
        """The reading before the first token."""
        return self._reading(0)

    def take(self, delta: Delta) -> Meter | None:
        """A reading, when it is time for one."""
        now = self._now()
        if self._started is None:
            self._started = self._read = now
        self._chars += len(delta.text) + len(delta.thinking)
        if now - self._read < EVERY_S:
            return None
        self._read = now
        return self._reading(round(self._chars / CHARS_PER_TOKEN))

    def end(self, usage: Usage) -> Meter:
        """The last reading, with the tokens that the server has counted."""
        self._prompt = usage.prompt_tokens
        return self._reading(usage.completion_tokens)

    def _reading(self, tokens: int) -> Meter:
        return Meter(
            run=self._run,
            profile=self._profile,
            context_used=self._prompt + tokens,
            context_window=self._window,
            summarised=self._summarised,
            left_out=self._left_out,
            tokens=tokens,
            seconds=0.0 if self._started is None else round(self._now() - self._started, 3),
        )
