"""`docmind bench`: how fast and how reliable the profiles are; all of them are asked the same."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import one_line

from .arguments import Subparsers, at_least_one, load_settings
from .terminal import BOLD, notice

if TYPE_CHECKING:  # these are imported when the command runs: `docmind --help` does without
    from docmind.agents.configuration import Loaded
    from docmind.agents.record.benchmark import Benchmark
    from docmind.agents.settings import Profile, Settings

    from .bench_runs import BenchRuns


def add_parsers(commands: Subparsers) -> None:
    """Add the command `bench`."""
    parser = commands.add_parser("bench", help="measure the profiles side by side: first token, speed, failures")
    parser.add_argument(
        "--profile", action="append", default=[], metavar="NAME", help="this one; may be repeated (default: all)"
    )
    parser.add_argument("--runs", type=at_least_one, default=10, metavar="N", help="calls of each (default: 10)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the result, for --against")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with an earlier result")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure, and print what was measured, also after Ctrl+C. Raises DocmindError, KeyboardInterrupt."""
    from docmind.agents.record.benchmark import load, save

    from .bench_report import say_as_json, say_table
    from .bench_runs import BenchRuns

    before = load(args.against) if args.against else None  # first: a wrong file should not cost the time
    loaded = load_settings(args)
    runs = BenchRuns(_chosen(args.profile, loaded.settings), args.runs)
    end = _measure(runs, loaded)
    result = runs.result(complete=end is None)
    if end and not result.profiles:
        raise end
    (say_as_json if args.json else say_table)(result, before)
    if args.save:
        save(args.save, result)
    return _status(end, result)


def _chosen(names: Sequence[str], settings: "Settings") -> "dict[str, Profile]":
    """The named profiles, else all that have a model. Raises DocmindError (CONFIG)."""
    import asyncio

    from docmind.agents.backends.discover import discover
    from docmind.agents.routing.chain import QUOTES, profiles

    known = profiles(settings, {} if settings.profiles else asyncio.run(discover()))
    with_model = {name: profile for name, profile in known.items() if profile.kind != QUOTES}
    if not with_model:
        hint = "`docmind profiles` shows how to add one."
        raise DocmindError(Code.CONFIG, "There is no profile with a model to measure.", hint)
    if unknown := [name for name in names if name not in with_model]:
        listed = ", ".join(map(one_line, sorted(with_model)))
        message = f"There is no profile '{one_line(unknown[0])}' with a model."
        raise DocmindError(Code.CONFIG, message, f"Profiles with a model: {listed}.")
    return {name: with_model[name] for name in names or with_model}


def _measure(runs: "BenchRuns", loaded: "Loaded") -> DocmindError | KeyboardInterrupt | None:
    """What ended it before its time; what had been measured by then is kept."""
    import asyncio

    try:
        asyncio.run(runs.measure(loaded))
    except (DocmindError, KeyboardInterrupt) as end:
        return end
    return None


def _status(end: DocmindError | KeyboardInterrupt | None, result: "Benchmark") -> int:
    """The exit status. An error is told here: with --json the result is the one object on stdout."""
    if isinstance(end, KeyboardInterrupt):
        raise end
    if end is None and any(each.ok for each in result.profiles):
        return 0
    error = end or DocmindError(Code.ALL_FAILED, "No profile has answered.", "`docmind profiles` shows their settings.")
    notice(f"docmind: {error}", BOLD)
    return error.exit_status
