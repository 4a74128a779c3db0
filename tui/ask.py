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
    from docmind.agents.protocol import AnyEvent, Ask, Enter

    from .answer import Printer


def add_parsers(commands: Subparsers) -> None:
    """Adds `ask` and `engine`."""
    ask = commands.add_parser("ask", help="answer one question from the documents in some folders")
    ask.add_argument("question", help="what you want to know, in quotation marks")
    ask.add_paths()
    ask.add_argument("--profile", metavar="P", help="answer with this profile")
    ask.add_argument("--no-fallback", action="store_true", help="fail if that profile cannot answer")
    ask.add_argument(
        "--continue",
        nargs="?",
        const="",
        dest="chat",
        metavar="CHAT",
        help="in the last chat, or in this one, on its own folders; CHAT is the name of a chat, or its beginning",
    )
    ask.add_argument("--json", action="store_true", help="print one JSON object")
    ask.set_defaults(run=run_ask)
    engine = commands.add_parser("engine", help="the background process that answers")
    engine.add_argument("action", metavar="stop", choices=["stop"], help="end it; the next question starts it anew")
    engine.add_argument("--json", action="store_true", help="print one JSON object")
    engine.set_defaults(run=run_engine)


def run_ask(args: argparse.Namespace) -> int:
    """Answers on stdout. Raises DocmindError, KeyboardInterrupt."""
    import asyncio

    from docmind.agents.protocol import Ask, Enter

    from .answer import JsonPrinter, TextPrinter

    _take_chat_before_question(args)
    _check_question(args)
    loaded = load_settings(args, profile=args.profile)
    chat, roots = _place(args)
    needs_model = not loaded.settings.profiles and loaded.settings.profile != "quotes"
    printer = JsonPrinter() if args.json else TextPrinter(needs_model)
    with printer:
        ask = Ask(run="", question=clean(args.question), profile=args.profile, fallback=not args.no_fallback)
        try:
            asyncio.run(answer(loaded, roots, Enter(chat=chat), ask, printer))
        except DocmindError as error:
            error.answer = printer.said
            raise
    return 0


def _take_chat_before_question(args: argparse.Namespace) -> None:
    """`--continue CHAT "question"`: what stands first is the chat if it can be a name, else the question.

    Raises DocmindError: NO_CHAT, and as the store does.
    """
    from .chats.opened import opened

    may_be_name = args.question.replace("-", "").replace("_", "").isalnum()
    if args.chat == "" and args.paths and may_be_name and not os.path.exists(args.paths[0]):
        with opened(args) as store:
            args.chat = store.chat(args.question).id
        args.question, args.paths = os.fspath(args.paths[0]), args.paths[1:]


def _place(args: argparse.Namespace) -> tuple[str, list[bytes]]:
    """The chat to ask in, empty for a new one, and the folders. Raises DocmindError."""
    from docmind.agents.library.finder import resolve

    from .resume import found

    if args.chat is None:
        chat, roots = "", resolve(args.paths or [Path()])
    else:
        there, roots = found(args, args.chat, args.paths)
        chat = there.id
    return chat, [os.fsencode(root) for root in roots]


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


async def answer(loaded: "Loaded", roots: list[bytes], enter: "Enter", ask: "Ask", printer: "Printer") -> None:
    """Asks, once more when the engine dies before it has said anything; `printer` shows what happens.

    Raises DocmindError, KeyboardInterrupt.
    """
    try:
        await _ask_once(loaded, roots, enter, ask, printer)
    except DocmindError as error:
        if error.code != Code.ENGINE_LOST or printer.said:
            raise
        await _ask_once(loaded, roots, enter, ask, printer)


async def _ask_once(loaded: "Loaded", roots: list[bytes], enter: "Enter", ask: "Ask", printer: "Printer") -> None:
    """Under a name of its own. Ctrl+C stops the answer, as does a reader that has seen enough; a lost line does not."""
    import asyncio
    import uuid

    import msgspec

    from docmind.agents.client import connect
    from docmind.agents.configuration import api_keys
    from docmind.agents.protocol import Cancel, Open

    printer.status("starting")
    client = await connect(loaded.data_dir)
    run = uuid.uuid4().hex
    async with contextlib.aclosing(client):
        client.send(Open(settings=loaded.settings, roots=roots, keys=api_keys(loaded.settings, os.environ)))
        client.send(enter)
        await _entered(client, printer)
        client.send(msgspec.structs.replace(ask, run=run))
        try:
            async with contextlib.aclosing(_until_answered(client, run)) as events:
                async for event in events:
                    printer.show(event)
        except (asyncio.CancelledError, BrokenPipeError):
            client.send(Cancel(run=run))
            raise


async def _entered(client: "Client", printer: "Printer") -> None:
    """Waits until the chat is there. Raises DocmindError when it cannot be entered."""
    from docmind.agents.protocol import Entered, Failed

    async for event in client.events():
        if isinstance(event, Failed):
            raise DocmindError(Code(event.code), event.message, event.hint)
        printer.show(event)
        if isinstance(event, Entered):
            return


async def _until_answered(client: "Client", run: str) -> "AsyncGenerator[AnyEvent, None]":
    """The events that concern this run, up to the last one; the chat may have others.

    Raises DocmindError when it is Failed, KeyboardInterrupt when it was stopped.
    """
    import msgspec

    from docmind.agents.protocol import CANCELLED, Answered, Failed

    async for event in client.events():
        if getattr(event, "run", "") not in ("", run):
            continue
        if isinstance(event, Failed):
            if event.code == CANCELLED:  # on another screen; here Ctrl+C does not wait for it
                raise KeyboardInterrupt
            failure = DocmindError(Code(event.code), event.message, event.hint)
            failure.attempts = msgspec.to_builtins(event.attempts)
            raise failure
        yield event
        if isinstance(event, Answered):
            return
