"""`docmind stats`: how the profiles have done, from the record of every call. Needs no engine and opens no socket."""

import argparse
import re
import time
from typing import TYPE_CHECKING

from docmind.agents.text import one_line

from .arguments import Subparsers, data_dir
from .columns import columns
from .figures import NONE, errors, percentiles, seconds, share, speed
from .terminal import DIM, notice, say, say_json

if TYPE_CHECKING:
    from docmind.agents.record.stats import Summary

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_HEAD = ("profile", "calls", "errors", "first token P50", "P95", "P99", "tok/s", "total P50", "model")
_MODEL = 40
"""Characters of a model's name that are shown."""


def add_parsers(commands: Subparsers) -> None:
    """Add the command `stats`."""
    parser = commands.add_parser("stats", help="show how fast and how reliable each profile has been")
    parser.add_argument(
        "--since", type=_period, default="7d", metavar="TIME", help="how far back: 30m, 12h, 7d, 4w (default: 7d)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def _period(text: str) -> int:
    """Seconds."""
    found = re.fullmatch(r"(\d{1,5})([mhdw])", text)
    if not found:
        raise argparse.ArgumentTypeError(f'expected a number and m, h, d or w, such as 7d, found "{text}"')
    return int(found[1]) * _UNITS[found[2]]


def run(args: argparse.Namespace) -> int:
    """Print a line for each profile. Raises DocmindError when the record cannot be read."""
    from docmind.agents.record.stats import summarise
    from docmind.agents.record.store import read, record_file
    from docmind.agents.records import BENCH, SUMMARY

    since = time.time() - args.since
    calls = [call for call in read(record_file(data_dir(args)), since) if call.phase not in (BENCH, SUMMARY)]
    summaries = summarise(calls)
    if args.json:
        _say_as_json(since, summaries)
    elif summaries:
        _say_table(since, summaries)
    else:
        say(f"Nothing is recorded since {_moment(since)}: no question was asked.")
        notice("Ask one, in the chat or with `docmind ask`; --since 52w looks further back.", DIM)
    return 0


def _say_as_json(since: float, summaries: "list[Summary]") -> None:
    import msgspec

    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since))
    say_json({"since": moment, "profiles": msgspec.to_builtins(summaries)})


def _say_table(since: float, summaries: "list[Summary]") -> None:
    calls, failed = sum(each.calls for each in summaries), sum(sum(each.errors.values()) for each in summaries)
    say(f"{calls:,} call{'s' if calls != 1 else ''} since {_moment(since)}, {failed:,} failed.\n")
    head, *lines = columns([_HEAD, *map(_row, summaries)], left=(0, 8))
    say(head, DIM)
    say("\n".join(lines))
    if failed:
        say()
    for each in summaries:
        if each.errors:
            say(f"{one_line(each.profile)}: {errors(each.errors)}")


def _row(summary: "Summary") -> tuple[str, ...]:
    return (
        one_line(summary.profile),
        f"{summary.calls:,}",
        NONE if summary.success is None else share(1 - summary.success),
        *percentiles(summary.first_token_ms),
        NONE if summary.profile == "quotes" else speed(summary.tokens_per_s),  # it only copies
        seconds(summary.total_ms.p50 if summary.total_ms else None),
        one_line(", ".join(summary.models), _MODEL),
    )


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
