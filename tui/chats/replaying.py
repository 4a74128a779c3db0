"""`docmind replay`: an answer that `docmind export --run` has written, shown again; with --rerun beside a new one."""

import argparse
import asyncio
import contextlib
import math
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from docmind.agents.errors import Code, DocmindError

from ..arguments import Subparsers, load_settings
from ..terminal import BOLD, DIM, notice, say, say_json, width

if TYPE_CHECKING:
    from docmind.agents.chats.run_file import RunFile
    from docmind.agents.protocol import AnyRunEvent, TimedEvent

    from ..transcript.turn import Turn


def add_parsers(commands: Subparsers) -> None:
    """Adds `replay`."""
    replay = commands.add_parser("replay", help="show an answer again that `docmind export --run` has written")
    replay.add_argument("file", metavar="FILE", help="the file (-: stdin)")
    replay.add_paths("folders or files for --rerun (default: this folder)")
    pace = replay.add_mutually_exclusive_group()
    pace.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="N times as fast as it was (default: 1)")
    pace.add_argument("--at-once", action="store_true", help="without any pause")
    replay.add_argument("--rerun", metavar="P", help="ask it anew with this profile, and show both answers")
    replay.add_argument("--json", action="store_true", help="print one JSON object")
    replay.set_defaults(run=run_replay)


def _speed(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (speed := float(text)) < math.inf:
            return speed
    raise argparse.ArgumentTypeError(f'expected a number above 0, found "{text}"')


def run_replay(args: argparse.Namespace) -> int:
    """Raises DocmindError: USAGE, FILE_REFUSED, FILE_NEWER; with --rerun also as `docmind ask` does."""
    from docmind.agents.chats.foreign import read
    from docmind.agents.chats.run_file import decode

    if args.paths and not args.rerun:
        raise DocmindError(Code.USAGE, "Folders are for --rerun alone.", "Add --rerun PROFILE, or leave them out.")
    file = decode(read(args.file))
    if args.rerun:
        _rerun(file, args)
    elif args.json:
        _say_as_json(file)
    else:
        _show(file, math.inf if args.at_once else args.speed)
    return 0


def _say_as_json(file: "RunFile") -> None:
    import msgspec

    shown = {"run": file.run, "question": file.question, "state": file.state}
    say_json(shown | {"events": msgspec.to_builtins(file.events)}, exactly=True)


class _BrokeOff(Exception):
    """The answer has no end."""


def _show(file: "RunFile", speed: float) -> None:
    """As `docmind ask` has shown it."""
    from docmind.agents.protocol import Answered, Failed

    from ..answer import TextPrinter
    from ..telling import failure

    notice(file.question + "\n", BOLD)
    last: AnyRunEvent | None = None
    with contextlib.suppress(_BrokeOff), TextPrinter() as printer:
        for last in _in_time(file.events, speed):
            printer.show(last)
        if not isinstance(last, Answered):
            raise _BrokeOff
    if isinstance(last, Failed):
        notice(failure(last))
    elif not isinstance(last, Answered):
        notice("The file ends here: the answer was not complete.", DIM)


def _in_time(events: "Iterable[TimedEvent]", speed: float) -> "Iterator[AnyRunEvent]":
    """Each when it is due."""
    began = time.monotonic()
    for timed in events:
        time.sleep(max(began + timed.at / speed - time.monotonic(), 0.0))
        yield timed.event


def _rerun(file: "RunFile", args: argparse.Namespace) -> None:
    from docmind.agents.chats.run_file import as_turn

    from ..transcript.turn import Turn
    from .side_by_side import side_by_side, told

    then, now = Turn.recalled(as_turn(file), 0.0), _asked_anew(file, args)
    if args.json:
        say_json({"question": file.question, "then": _as_json(then), "now": _as_json(now)})
        return
    say(file.question + "\n", BOLD)
    say("\n".join(side_by_side(told("then", then), told("now", now), width())))


def _asked_anew(file: "RunFile", args: argparse.Namespace) -> "Turn":
    """In a chat of its own, of this profile alone. Raises DocmindError, KeyboardInterrupt."""
    from docmind.agents.library.finder import resolve
    from docmind.agents.protocol import Ask, Enter

    from ..ask import answer
    from .side_by_side import Following

    loaded = load_settings(args)
    roots = [os.fsencode(root) for root in resolve(args.paths or [Path()])]
    ask = Ask(run="", question=file.question, profile=args.rerun, fallback=False)
    with Following(file.question) as following:
        asyncio.run(answer(loaded, roots, Enter(), ask, following))
    return following.turn


def _as_json(turn: "Turn") -> dict[str, object]:
    """As `docmind ask --json` prints it; for an answer without an end its text, and why."""
    import msgspec

    from docmind.agents.protocol import Answered

    if not isinstance(turn.end, Answered):
        ended = {"code": turn.end.code, "message": turn.end.message} if turn.end else None
        return {"answer": turn.answer, "error": ended}
    return {name: value for name, value in msgspec.to_builtins(turn.end).items() if name not in ("run", "type")}
