"""`docmind ask`: one question, its answer streamed, its sources below. And `docmind engine stop`."""

import argparse
import contextlib
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import clean, one_line

from .arguments import Subparsers, data_dir, load_settings

if TYPE_CHECKING:
    from docmind.agents.client import Client
    from docmind.agents.configuration import Loaded
    from docmind.agents.protocol import AnyEvent

    from .answer import Printer


def add_parsers(commands: Subparsers) -> None:
    """Adds `ask` and `engine`."""
    ask = commands.add_parser("ask", help="answer one question from the documents in some folders")
    ask.add_argument("question", help="what you want to know, in quotation marks")
    ask.add_paths()
    ask.add_argument("--profile", metavar="P", help="answer with this profile")
    ask.add_argument("--no-fallback", action="store_true", help="fail if that profile cannot answer")
    ask.add_argument("--json", action="store_true", help="print one JSON object")
    ask.set_defaults(run=run_ask)
    engine = commands.add_parser("engine", help="the background process that answers")
    engine.add_argument("action", metavar="stop", choices=["stop"], help="end it; the next question starts it anew")
    engine.add_argument("--json", action="store_true", help="print one JSON object")
    engine.set_defaults(run=run_engine)


def run_ask(args: argparse.Namespace) -> int:
    """Answers on stdout. Raises DocmindError, KeyboardInterrupt."""
    import asyncio

    from docmind.agents.library.finder import resolve

    from .answer import JsonPrinter, TextPrinter

    _check_question(args)
    loaded = load_settings(args, profile=args.profile)
    roots = [os.fsencode(root) for root in resolve(args.paths or [Path()])]
    needs_model = not loaded.settings.profiles and loaded.settings.profile != "quotes"
    printer = JsonPrinter() if args.json else TextPrinter(needs_model)
    with printer:
        asyncio.run(_ask(args, loaded, roots, printer))
    return 0


def _check_question(args: argparse.Namespace) -> None:
    """Raises DocmindError (USAGE) when there is none, or a folder in its place."""
    hint = 'Write it in quotes: docmind ask "..." FOLDER.'
    if not args.question.strip():
        raise DocmindError(Code.USAGE, "The question is empty.", hint)
    if not args.paths and os.path.exists(args.question):
        raise DocmindError(Code.USAGE, f"The question is missing: {one_line(args.question)} is a folder or file.", hint)


def run_engine(args: argparse.Namespace) -> int:
    """Stops the engine of the data folder; works with broken settings, too."""
    import asyncio

    from docmind.agents.client import stop

    from .terminal import say, say_json

    stopped = asyncio.run(stop(data_dir(args)))
    if args.json:
        say_json({"stopped": stopped})
    else:
        say("The engine has ended." if stopped else "No engine was running.")
    return 0


async def _ask(args: argparse.Namespace, loaded: "Loaded", roots: list[bytes], printer: "Printer") -> None:
    """Asks once more when the engine dies before it has said anything."""
    try:
        await _ask_once(args, loaded, roots, printer)
    except DocmindError as error:
        if error.code != Code.ENGINE_LOST or printer.said:
            raise
        await _ask_once(args, loaded, roots, printer)


async def _ask_once(args: argparse.Namespace, loaded: "Loaded", roots: list[bytes], printer: "Printer") -> None:
    """In a chat of its own. Ctrl+C stops the answer, as does a reader that has seen enough; a lost line does not."""
    import asyncio
    import uuid

    from docmind.agents.client import connect
    from docmind.agents.configuration import api_keys
    from docmind.agents.protocol import Ask, Cancel, Enter, Open

    printer.status("starting")
    client = await connect(loaded.data_dir)
    run = uuid.uuid4().hex
    async with contextlib.aclosing(client):
        client.send(Open(settings=loaded.settings, roots=roots, keys=api_keys(loaded.settings, os.environ)))
        client.send(Enter())
        client.send(Ask(run=run, question=clean(args.question), profile=args.profile, fallback=not args.no_fallback))
        try:
            async with contextlib.aclosing(_until_answered(client)) as events:
                async for event in events:
                    printer.show(event)
        except (asyncio.CancelledError, BrokenPipeError):
            client.send(Cancel(run=run))
            raise


async def _until_answered(client: "Client") -> "AsyncGenerator[AnyEvent, None]":
    """The events up to the last one. Raises DocmindError when it is Failed, KeyboardInterrupt when it was stopped."""
    import msgspec

    from docmind.agents.protocol import CANCELLED, Answered, Failed

    async for event in client.events():
        if isinstance(event, Failed):
            if event.code == CANCELLED:  # on another screen; here Ctrl+C does not wait for it
                raise KeyboardInterrupt
            failure = DocmindError(Code(event.code), event.message, event.hint)
            failure.attempts = msgspec.to_builtins(event.attempts)
            raise failure
        yield event
        if isinstance(event, Answered):
            return
