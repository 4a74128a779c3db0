"""A server's metrics in the text format of Prometheus: what its counters grew by between two looks.

Counters begin at 0 again when their server does: one that has become smaller has grown by what it shows.
"""

from collections.abc import Iterable, Mapping

import msgspec

from ..views import Traffic

_MOST = 1e15
"""Largest count that is believed: a server that writes 10,000 tokens a second takes 3,000 years for it."""


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind of server calls its metrics; empty: it does not tell."""

    path: str
    running: str = ""
    waiting: str = ""
    kv_share: str = ""
    """From 0 to 1."""
    prefix_hits: str = ""
    """Counter of a prompt's tokens that were in the cache."""
    prefix_asked: tuple[str, ...] = ()
    """Counters that are all of its tokens together."""
    prompt: str = ""
    """Counter of the prompts' tokens."""
    prompt_s: str = ""
    """Counter of the seconds that they took; without it, they are divided by the time between two looks."""
    written: str = ""
    """The same of the tokens that were written."""
    written_s: str = ""

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        gauges = (self.running, self.waiting, self.kv_share)
        counters = (self.prefix_hits, *self.prefix_asked, self.prompt, self.prompt_s, self.written, self.written_s)
        return frozenset({*gauges, *counters} - {""})


def values(text: str, names: Iterable[str]) -> dict[str, list[float]]:
    """The values of these metrics, one for each set of labels. Raises ValueError for what is no such text.

    What can be no count and no share (NaN, infinite, negative, beyond all counting) is not told.
    """
    from prometheus_client.parser import text_string_to_metric_families  # 30 ms that only who looks has to pay

    wanted = tuple(names)  # of vLLM's 600 lines, nine
    lines = [line for line in text.splitlines() if line.startswith(wanted)]
    found: dict[str, list[float]] = {}
    for family in text_string_to_metric_families("\n".join(lines)):
        for sample in family.samples:
            if sample.name in wanted and 0 <= sample.value <= _MOST:
                found.setdefault(sample.name, []).append(float(sample.value))
    return found


class Counters:
    """Remembers the last look, and the last share of prompts that were in the cache."""

    def __init__(self) -> None:
        self._at: float | None = None
        self._last: dict[str, float] = {}
        self._hits: float | None = None

    def traffic(self, metrics: Metrics, found: Mapping[str, list[float]], at: float) -> Traffic:
        """`found` as of `values`, seen at `at`, in seconds of any clock that only goes forward."""
        now = {name: sum(each) for name, each in found.items()}
        elapsed = None if self._at is None else at - self._at
        grown = {name: _grown(self._last.get(name, 0.0), value) for name, value in now.items()}
        self._at, self._last = at, self._last | now  # one that is not told this time has not begun again
        asked = sum(grown.get(name, 0.0) for name in metrics.prefix_asked)
        if asked > 0 and metrics.prefix_hits in grown:
            self._hits = 100 * min(grown[metrics.prefix_hits] / asked, 1.0)
        return Traffic(
            running=_whole(now.get(metrics.running)),
            waiting=_whole(now.get(metrics.waiting)),
            kv_percent=100 * min(max(found[metrics.kv_share]), 1.0) if metrics.kv_share in found else None,
            prefix_percent=self._hits,
            prompt_per_s=_rate(grown, metrics.prompt, metrics.prompt_s, elapsed),
            written_per_s=_rate(grown, metrics.written, metrics.written_s, elapsed),
        )


def _grown(before: float, now: float) -> float:
    return now - before if now >= before else now


def _rate(grown: Mapping[str, float], name: str, seconds: str, elapsed: float | None) -> float | None:
    """None of a first look, which cannot tell since when the counter counts."""
    over = grown.get(seconds, 0.0) if seconds else elapsed
    if elapsed is None or not over or not grown.get(name):
        return None
    return grown[name] / over


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
