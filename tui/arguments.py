"""What all commands share on the command line: the common options, usage errors as DocmindError, the settings."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from docmind.agents.errors import Code, DocmindError

if TYPE_CHECKING:  # loading settings needs msgspec, which `docmind --help` does without
    from docmind.agents.configuration import Loaded

Subparsers: TypeAlias = "argparse._SubParsersAction[Any]"
"""What a command's `add_parsers` gets."""


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
        raise DocmindError(Code.USAGE, message[:1].upper() + message[1:] + ".", f"See `{self.prog} --help`.")


def load_settings(args: argparse.Namespace, **flags: object) -> "Loaded":
    """The settings in force; `flags` are dotted keys and their values, None meaning not given. Raises DocmindError."""
    from docmind.agents.configuration import load

    return load(getattr(args, "config", None), os.environ, flags, getattr(args, "data_dir", None))
