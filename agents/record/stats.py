"""Sums calls up by profile. Pure: reads nothing, writes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from ..records import Call


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How some durations are spread, in milliseconds."""

    avg: float
    p50: float
    p95: float
    p99: float


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one profile."""

    profile: str
    models: list[str]
    """The models that were called, the last one first."""
    calls: int
    ok: int
    cancelled: int
    """Stopped by the user: neither a success nor an error."""
    errors: dict[str, int]
    """Calls that failed, by error code, the most frequent first."""
    success: float | None
    """Share of the calls that were not cancelled, 0 to 1; None when all were."""
    first_token_ms: Times | None
    """Over all calls that came so far."""
    total_ms: Times | None
    """Over the calls that succeeded."""
    tokens_per_s: float | None
    """Tokens after the first over the seconds after the first, of the calls that succeeded and were streamed."""
    prompt_tokens: int
    completion_tokens: int


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile (0 to 100) of at least one value; `ordered` ascends.

    The smallest value that so many per cent of them do not exceed. Always one of the values: a P99 of ten calls is the
    slowest of them, and nothing in between.
    """
    rank = -(-percent * len(ordered) // 100)  # rounded up, in whole numbers: 0.07 * 100 is more than 7
    return ordered[max(rank, 1) - 1]


def summarise(calls: Iterable[Call]) -> list[Summary]:
    """A summary for each profile, in the order of their first calls; `calls` are in order of time."""
    by_profile: defaultdict[str, list[Call]] = defaultdict(list)
    for call in calls:
        by_profile[call.profile].append(call)
    return [summary(profile, of_profile) for profile, of_profile in by_profile.items()]


def summary(profile: str, calls: Sequence[Call]) -> Summary:
    """The summary of one profile's calls."""
    outcomes = Counter(call.outcome for call in calls)
    good = [call for call in calls if call.outcome == "ok"]
    tried = len(calls) - outcomes["cancelled"]
    return Summary(
        profile=profile,
        models=list(dict.fromkeys(call.model for call in reversed(calls) if call.model)),
        calls=len(calls),
        ok=len(good),
        cancelled=outcomes["cancelled"],
        errors=dict(Counter(call.code for call in calls if call.outcome == "failed").most_common()),
        success=round(len(good) / tried, 4) if tried else None,
        first_token_ms=_times([call.first_token_ms for call in calls if call.first_token_ms is not None]),
        total_ms=_times([call.total_ms for call in good]),
        tokens_per_s=_speed(call for call in good if not call.whole),
        prompt_tokens=sum(call.prompt_tokens for call in calls),
        completion_tokens=sum(call.completion_tokens for call in calls),
    )


def _times(values: list[float]) -> Times | None:
    if not values:
        return None
    values.sort()
    p50, p95, p99 = (round(percentile(values, percent), 1) for percent in (50, 95, 99))
    return Times(avg=round(sum(values) / len(values), 1), p50=p50, p95=p95, p99=p99)


def _speed(calls: Iterable[Call]) -> float | None:
    """The first token is left out on both sides: the wait for it says how long the prompt was."""
    tokens, seconds = 0, 0.0
    for call in calls:
        if call.first_token_ms is not None and call.completion_tokens > 1:
            tokens += call.completion_tokens - 1
            seconds += (call.total_ms - call.first_token_ms) / 1000
    return round(tokens / seconds, 1) if seconds > 0 else None
