"""When a call that failed before its first token is made again at the same backend. Pure.

Full jitter, as the AWS architecture blog found it best ("Exponential Backoff and Jitter", 2015): a random time up to a
limit that doubles.
"""

from ..errors import Code, DocmindError

FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 4.0
"""The limit of the first wait, and the longest that is waited: beyond it the next backend is the better choice."""
TRIES = {Code.RATE_LIMITED: 3, Code.NOT_READY: 3, Code.BROKEN: 2}
"""Calls at most. What is not here fails again in the same way, or has taken its time already."""
TRIES_OF_EMPTY = 2
"""Calls at most where the reply was empty."""


def wait_s(error: DocmindError, tries: int, jitter: float) -> float | None:
    """Seconds until the next try after `tries` that failed; None: there is none. `jitter` is random, 0 to 1."""
    if tries >= (TRIES_OF_EMPTY if error.empty else TRIES.get(error.code, 1)):
        return None
    wait = max(error.retry_after_s or 0.0, jitter * min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (tries - 1)))
    return wait if wait <= LONGEST_WAIT_S else None
