"""What all commands share on the command line: the common options, usage errors as DocmindError, the settings."""

import argparse
import difflib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import one_line

from .terminal import say

if TYPE_CHECKING:  # loading settings needs msgspec, which `docmind --help` does without
    from docmind.agents.configuration import Loaded

Subparsers: TypeAlias = "argparse._SubParsersAction[CommandParser]"
"""What a command's `add_parsers` gets."""
_MOST = 2**31
"""Things that an argument may count; all of them, where it is more."""


class Parser(argparse.ArgumentParser):
    """A parser, at any depth, that takes the common options before or after the command."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)
        self.add_argument(
            "--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="read the settings from this file"
        )
        self.add_argument(
            "--data-dir", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="keep indexes and chats here"
        )

    def error(self, message: str) -> NoReturn:
        """Raise DocmindError (USAGE) instead of leaving the program."""
        message = one_line(message, 500)
        raise DocmindError(Code.USAGE, message[:1].upper() + message[1:] + ".", f"See `{self.prog} --help`.")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print the help or the version like everything else: argparse would not notice that nobody reads it."""
        say(message, end="", to=file)


class CommandParser(Parser):
    """The parser of one command."""

    def add_paths(self, told: str = "folders or files (default: this folder)") -> None:
        """Add the folders that a command works on, `paths`; none given: an empty list."""
        self.add_argument("paths", nargs="*", metavar="PATH", type=Path, default=[], help=told)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does it, but options may stand between the other arguments, and an unknown one is an error."""
        found, unknown = super().parse_known_args(self._options_first(args), namespace)
        if unknown:
            self._reject(unknown)
        return found, unknown

    def _options_first(self, arguments: list[str]) -> list[str]:
        """argparse takes all positionals from the first run of them (its intermixed mode stumbles over `--`).

        A group of commands leaves that to the one that follows.
        """
        if self._subparsers:
            return arguments
        options, others, rest = list[str](), list[str](), iter(arguments)
        for argument in rest:
            if argument == "--":
                others += rest
            elif self._is_positional(argument):
                others.append(argument)
            else:
                options.append(argument)
                action = self._option_string_actions.get(argument)
                if action and action.nargs is None:  # takes one value
                    options += [value for value in [next(rest, None)] if value is not None]
        return [*options, "--", *others] if others else options

    def _is_positional(self, argument: str) -> bool:
        words = " " in argument and argument.partition("=")[0] not in self._option_string_actions
        return words or argument == "-" or not argument.startswith("-")

    def _reject(self, unknown: list[str]) -> NoReturn:
        option = unknown[0].partition("=")[0]
        if not re.match(r"-+\w", option):
            self.error(f"unexpected argument: {unknown[0]}")
        close = difflib.get_close_matches(option, self._option_string_actions, 1)
        guess = f"Did you mean `{close[0]}`? " if close else ""
        message = f"Unknown option: {one_line(option)}."
        raise DocmindError(Code.USAGE, message, f"{guess}See `{self.prog} --help`.")


def at_least_one(text: str) -> int:
    """The type of an argument that counts something."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'expected a whole number of at least 1, found "{text}"')
    return min(int(text), _MOST)


def load_settings(args: argparse.Namespace, **flags: object) -> "Loaded":
    """The settings in force; `flags` are dotted keys and their values, None meaning not given. Raises DocmindError."""
    from docmind.agents.configuration import load

    return load(getattr(args, "config", None), os.environ, flags, getattr(args, "data_dir", None))


def data_dir(args: argparse.Namespace) -> Path:
    """The data folder, which needs no settings."""
    from docmind.agents.folders import data_folder

    return data_folder(getattr(args, "data_dir", None), os.environ)
