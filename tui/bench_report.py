"""How `docmind bench` prints its result: a line for each profile, and what has changed since an earlier result."""

from collections.abc import Iterator

import msgspec

from docmind.agents.record.benchmark import Benchmark
from docmind.agents.record.stats import Summary
from docmind.agents.text import one_line

from .columns import columns
from .figures import NONE, errors, milliseconds, percentiles, seconds, share, speed
from .terminal import DIM, notice, say, say_json

_HEAD = ("profile", "runs", "ok", "first token avg", "P50", "P95", "P99", "tok/s", "total avg", "model")
_MODEL = 40
"""Characters of a model's name that are shown."""
Row = tuple[str, ...]


def say_as_json(result: Benchmark, before: Benchmark | None) -> None:
    """One object; the earlier result in it as `against`."""
    against = {"against": msgspec.to_builtins(before)} if before else {}
    say_json(msgspec.to_builtins(result) | against)


def say_table(result: Benchmark, before: Benchmark | None) -> None:
    """The table, and below it what went wrong."""
    earlier = {each.profile: each for each in before.profiles} if before else {}
    rows = [row for each in result.profiles for row in _rows(each, earlier.get(each.profile))]
    head, *lines = columns([_HEAD, *rows], left=(0, 9))
    say(head, DIM)
    say("\n".join(lines))
    for each in result.profiles:
        if each.errors:
            say(f"\n{one_line(each.profile)}: {errors(each.errors)}; the last one:")
            say(f"  {one_line(result.reasons.get(each.profile, ''), 500)}")
    if before:
        notice(f"\nbefore: measured at {one_line(before.at)} with {before.runs:,} runs", DIM)


def _rows(now: Summary, before: Summary | None) -> Iterator[Row]:
    yield (one_line(now.profile), *_figures(now), one_line(", ".join(now.models), _MODEL))
    if before:
        yield ("  before", *_figures(before), one_line(", ".join(before.models), _MODEL))
        yield ("  change", "", "", *map(_change, _values(now), _values(before)), "")


def _figures(summary: Summary) -> Row:
    first, total = summary.first_token_ms, summary.total_ms
    return (
        f"{summary.calls:,}",
        share(summary.success),
        milliseconds(first.avg if first else None),
        *percentiles(first),
        speed(summary.tokens_per_s),
        seconds(total.avg if total else None),
    )


def _values(summary: Summary) -> tuple[float | None, ...]:
    """The figures that are compared, in the order of the columns."""
    first, total = summary.first_token_ms, summary.total_ms
    times = (first.avg, first.p50, first.p95, first.p99) if first else (None,) * 4
    return (*times, summary.tokens_per_s, total.avg if total else None)


def _change(now: float | None, before: float | None) -> str:
    return f"{100 * (now - before) / before:+.0f} %" if now is not None and before else NONE
