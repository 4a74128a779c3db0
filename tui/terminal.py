"""Print to a terminal, a pipe or a file: always cleaned, styled only where somebody sees it."""

import json
import os
import shutil
import sys
from io import TextIOWrapper
from typing import Any, TextIO

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import clean

BOLD, DIM = "\x1b[1m", "\x1b[2m"
_PLAIN = "\x1b[0m"


def say(text: str = "", style: str = "", *, end: str = "\n", to: TextIO | None = None) -> None:
    """Print `text` cleaned, at once, by default to stdout; `style` (BOLD, DIM) counts only on a terminal.

    Raises DocmindError (DISK) when the file behind the stream cannot take it, BrokenPipeError when nobody reads it.
    """
    stream = to or sys.stdout
    text = clean(text)
    try:
        stream.write((f"{style}{text}{_PLAIN}" if style and is_styled(stream) else text) + end)
        stream.flush()
    except OSError as error:
        _give_up(stream)
        if isinstance(error, BrokenPipeError):
            raise
        raise DocmindError(Code.DISK, f"The output cannot be written: {error.strerror}.", "Free some space.") from error


def notice(text: str, style: str = "") -> None:
    """Print a progress line or a message, which goes to stderr and leaves stdout to the result."""
    say(text, style, to=sys.stderr)


def say_json(value: Any, exactly: bool = False) -> None:
    """Print one JSON object on one line; `exactly`: in ASCII, so that nothing is cleaned away in it."""
    say(json.dumps(value, ensure_ascii=exactly))


def _give_up(stream: TextIO) -> None:
    """Send what is still buffered nowhere: Python would try it once more at the end, and fail with a traceback."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def is_styled(stream: TextIO) -> bool:
    """Whether `stream` is a terminal whose user has not asked for plain text (NO_COLOR, TERM=dumb)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return shutil.get_terminal_size().columns


def prepare_streams() -> None:
    """Make stdout and stderr take everything: names that are not UTF-8, and, where one is closed, any text at all."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
