"""`docmind [PATH ...]` and `docmind resume`: opens the full-screen chat on some folders."""

import difflib
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import one_line

from .arguments import CommandParser, data_dir, load_settings

if TYPE_CHECKING:
    from docmind.agents.configuration import Loaded

_ASK = 'Ask on the command line: docmind ask "your question" FOLDER.'


def open_screen(arguments: Sequence[str], commands: Sequence[str]) -> int:
    """Until the user leaves; returns the exit status. Raises DocmindError, and what a bug in the screen raised.

    `commands`: the names of docmind's commands, one of which may have been meant.
    """
    args = _parser().parse_args(arguments)
    _check_paths(args.paths, commands)
    check_terminal()

    from docmind.agents.library.finder import resolve

    return show(args, resolve(args.paths or [Path()]))


def show(args: Namespace, roots: list[Path], chat: str = "") -> int:
    """The screen on these folders, with this chat; without one, as `docmind` alone opens it. As `open_screen`."""
    from docmind.agents.protocol import Enter

    from .app import DocmindApp, Start
    from .places import folders_named
    from .wire.driver import WireDriver

    loaded, problems = _settings(args)
    enter = Enter(chat=chat) if chat else Enter(going_on=True)
    start = Start(loaded, roots, folders_named(roots), problems, enter)
    app = DocmindApp(start, driver_class=None if args.plain_driver else WireDriver)
    status = app.run()
    if app._exception:
        raise app._exception
    return status or app.return_code or 0


def _parser() -> CommandParser:
    parser = CommandParser(prog="docmind")
    parser.add_paths()
    add_options(parser)
    return parser


def add_options(parser: CommandParser) -> None:
    """What every command takes that opens the screen."""
    parser.add_argument("--profile", metavar="P", help="answer with this profile")
    parser.add_argument("--plain-driver", action="store_true", help="let Textual write to the terminal itself")


def _check_paths(paths: Sequence[Path], commands: Sequence[str]) -> None:
    """Raises DocmindError (USAGE) for a word that is neither a command nor a folder."""
    first = os.fspath(paths[0]) if paths else ""
    if not first or os.path.exists(first):
        return
    close = difflib.get_close_matches(first, commands, 1)
    hint = f"Did you mean `docmind {close[0]}`?" if close else f"{_ASK} All commands: docmind --help."
    raise DocmindError(Code.USAGE, f"No such command or folder: {one_line(first)}.", hint)


def check_terminal() -> None:
    """Raises DocmindError (USAGE) where no screen can be shown."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise DocmindError(Code.USAGE, "The chat needs a terminal for its input and its output.", _ASK)
    if os.environ.get("TERM") == "dumb":
        raise DocmindError(Code.USAGE, "This terminal cannot show a screen (TERM=dumb).", _ASK)


def _settings(args: Namespace) -> "tuple[Loaded, list[DocmindError]]":
    """Broken settings open the chat with `quotes`, and are told there."""
    try:
        return load_settings(args, profile=args.profile), []
    except DocmindError as error:
        if error.code != Code.CONFIG:
            raise
        from docmind.agents.configuration import Loaded
        from docmind.agents.folders import config_file
        from docmind.agents.settings import Settings

        plain = Settings(profile="quotes", fallback=["quotes"])
        return Loaded(plain, {}, getattr(args, "config", config_file()).absolute(), data_dir(args)), [error]
