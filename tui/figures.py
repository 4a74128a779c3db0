"""How the commands write figures of calls: with their unit, a dash where there is none."""

from typing import TYPE_CHECKING

from docmind.agents.errors import Code

if TYPE_CHECKING:
    from docmind.agents.record.stats import Times

NONE = "-"


def seconds(ms: float | None) -> str:
    """`4.80 s`."""
    return NONE if ms is None else f"{ms / 1000:,.2f} s"


def milliseconds(ms: float | None) -> str:
    """`480 ms`."""
    return NONE if ms is None else f"{ms:,.0f} ms"


def percentiles(times: "Times | None") -> tuple[str, str, str]:
    """P50, P95 and P99, in milliseconds."""
    if times is None:
        return NONE, NONE, NONE
    return milliseconds(times.p50), milliseconds(times.p95), milliseconds(times.p99)


def speed(tokens_per_s: float | None) -> str:
    """`41.2`, in tokens a second."""
    return NONE if tokens_per_s is None else f"{tokens_per_s:,.1f}"


def share(part: float | None) -> str:
    """`98.5 %`."""
    return NONE if part is None else f"{100 * part:.1f} %"


def errors(counts: dict[str, int]) -> str:
    """`3 timeout (ERR_5002), 1 crashed (ERR_5012)`."""
    return ", ".join(f"{count:,} {_named(code)}" for code, count in counts.items())


def _named(code: str) -> str:
    try:
        return f"{Code(code).name.lower().replace('_', ' ')} ({code})"
    except ValueError:  # of another version
        return code
