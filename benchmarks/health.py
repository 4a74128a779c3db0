"""How long a look at all profiles takes: 8 of them, two of which accept connections and never answer.

Run: .venv/bin/python benchmarks/health.py [--rounds 50]
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from docmind.agents.backends.base import Checkable, look_at
from docmind.agents.checking import Climb, unchecked
from docmind.agents.settings import Profile
from fakes import FakeServer

BUDGETS_MS = {"alive": 10, "ready": 100, "full": 500}
FLAVOURS = ("vllm", "llamacpp", "lmstudio", "sglang", "litellm")


class Timed(Climb):
    """Notes when each level was reached."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.levels: dict[str, float] = {}

    def reached(self, level: str, **found: Any) -> None:
        super().reached(level, **found)
        self.levels[level] = self.state.took_ms or 0.0


async def look(profiles: dict[str, Profile]) -> tuple[dict[str, float], float]:
    """(milliseconds until the last healthy profile had reached each level, milliseconds for all profiles)."""
    looks: list[Checkable] = [look_at(name, profile) for name, profile in profiles.items()]
    started = time.perf_counter()
    climbs = [Timed(unchecked(one.name, one.profile, {}), one) for one in looks]
    await asyncio.gather(*(climb.run() for climb in climbs))
    total = 1000 * (time.perf_counter() - started)
    await asyncio.gather(*(one.aclose() for one in looks))
    healthy = [climb for climb in climbs if "hanging" not in climb.state.name]
    assert all(climb.state.level == "full" for climb in healthy), [climb.state for climb in healthy]
    return {level: max(climb.levels[level] for climb in healthy) for level in BUDGETS_MS}, total


async def measure(rounds: int) -> dict[str, list[float]]:
    """Milliseconds by level, for `rounds` checks with fresh connections."""
    servers = {flavour: FakeServer(flavour=flavour) for flavour in FLAVOURS} | {  # type: ignore[arg-type]
        name: FakeServer(hangs=["/"]) for name in ("hanging", "hanging-too")
    }
    profiles = {name: Profile(kind="openai", url=server.openai_url) for name, server in servers.items()}
    profiles["ollama"] = Profile(kind="ollama", url=servers["vllm"].ollama_url)
    for server in servers.values():
        server.start()
    times: dict[str, list[float]] = defaultdict(list)
    await look(profiles)  # imports
    for _ in range(rounds):
        levels, total = await look(profiles)
        for level, milliseconds in {**levels, "all": total}.items():
            times[level].append(milliseconds)
    for server in servers.values():
        server.close()
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    times = asyncio.run(measure(parser.parse_args().rounds))
    print("level    budget   median      p95   (ms, until the last of 6 healthy profiles; 2 more hang)")
    for level, budget in BUDGETS_MS.items():
        print(f"{level:<8}{budget:>7}{statistics.median(times[level]):>9.1f}{p95(times[level]):>9.1f}")
    print(
        f"all of them, the hanging ones given up: {statistics.median(times['all']):.0f} ms, p95 {p95(times['all']):.0f}"
    )


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return sorted(values)[int(0.95 * (len(values) - 1))]


if __name__ == "__main__":
    main()
