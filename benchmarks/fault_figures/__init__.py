"""The figures of benchmarks/faults.py besides the matrix; a module each."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    measured: str
    limit: str
    held: bool

    def __str__(self) -> str:
        return f"{self.what:58} {self.measured:>34}   {self.limit:26} {'ok' if self.held else 'MISSED'}"


def at_most(what: str, seconds: Sequence[float], limit: float, per_cent: int = 100) -> Figure:
    """How long something took: `per_cent` of the values must keep the limit; in seconds, shown in ms."""
    ranked = sorted(seconds)
    judged = ranked[max(0, round(len(ranked) * per_cent / 100) - 1)]
    measured = f"median {1e3 * statistics.median(ranked):.0f}, p{per_cent} {1e3 * judged:.0f} ms of {len(ranked)}"
    return Figure(what, measured, f"<= {1e3 * limit:.0f} ms", judged <= limit)
