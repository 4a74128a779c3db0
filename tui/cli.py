"""The command line: finds the command, runs it, and turns every failure into a message and an exit status."""

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Sequence

from docmind import __version__
from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import one_line

from . import ask, bench, doctor, fit, gpu, library_commands, profiles, resume, stats
from .arguments import CommandParser, Parser, data_dir
from .chats import commands as chats
from .chats import exporting, replaying
from .open import open_screen
from .terminal import BOLD, notice, prepare_streams, say_json

COMMANDS = (ask, resume, chats, exporting, replaying, library_commands, profiles, doctor, gpu, fit, stats, bench)
"""The modules that add commands. They import what they need when they run, so that `docmind --help` is quick."""

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run docmind; returns the exit status: 0 done, 1 failed, 2 wrong usage or settings, 3 no documents, 4 every
    backend failed, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    prepare_streams()
    try:
        return _run(arguments)
    except DocmindError as error:
        return _report(error, arguments)
    except KeyboardInterrupt:
        notice("\nInterrupted.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        return 1
    except Exception as error:
        return _report(_unexpected(error, arguments), arguments)


def _run(arguments: list[str]) -> int:
    parser, commands = _parsers()
    rest = _common_options(arguments)[1]
    if rest[:1] == ["help"]:
        arguments = rest = [*rest[1:2], "--help"]
    if rest and (rest[0] in commands or rest[0] in ("-h", "--help", "--version")):
        args = parser.parse_args(arguments)
        status: int = args.run(args)
        return status
    return open_screen(arguments, commands)


def _parsers() -> tuple[Parser, list[str]]:
    """The parser of everything but the screen, and the names of its commands."""
    parser = Parser(
        prog="docmind",
        usage="docmind [PATH ...]       open the chat on these folders (default: this one)\n       docmind COMMAND ...",
        description="Chat with your own documents through a local model.",
        epilog="The chat takes --profile P and --plain-driver. A folder named like a command is written ./NAME.",
    )
    parser.add_argument("--version", action="version", version=f"docmind {__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, prog="docmind", parser_class=CommandParser
    )
    for module in COMMANDS:
        module.add_parsers(commands)
    return parser, list(commands.choices)


def _common_options(arguments: list[str]) -> tuple[Namespace, list[str]]:
    """The common options, and all other arguments."""
    return Parser(prog="docmind", add_help=False).parse_known_args(arguments)


def _report(error: DocmindError, arguments: list[str]) -> int:
    """Tell the user; with --json also the program that reads stdout."""
    if "--json" in arguments:
        failure: dict[str, object] = {"code": error.code, "message": error.message, "hint": error.hint}
        more = {"attempts": error.attempts, "answer": error.answer}
        say_json({"error": failure} | {name: value for name, value in more.items() if value})
    notice(f"docmind: {error.message} [{error.code}]", BOLD)
    if error.hint:
        notice(error.hint)
    return error.exit_status


def _unexpected(error: Exception, arguments: list[str]) -> DocmindError:
    """A bug: its traceback goes to a file in the data folder."""
    folder = data_dir(_common_options(arguments)[0])
    log = folder / "errors.log"
    hint = f"The details are in {one_line(os.fspath(log), 500)}; please report them."
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8", errors="replace") as file:
            traceback.print_exception(error, file=file)
    except OSError as problem:
        hint = f"The details could not be written: {problem.strerror}."
    what = one_line(f"{type(error).__name__}: {error}")
    return DocmindError(Code.INTERNAL, f"Something in docmind itself failed. {what}", hint)
