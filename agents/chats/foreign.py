"""Files that docmind writes for others and takes from them: JSON that says its format and version.

Nothing in such a file is believed: it may be huge, broken off, made by somebody hostile, or of the future.
"""

import os
import re
import sys
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from ..errors import Code, DocmindError
from ..protocol.kept import KeptTurn
from ..protocol.run_events import Answered, AnyRunEvent, ToolReturned
from ..text import one_line

T = TypeVar("T")
LARGEST = 2**28
"""Bytes of a file that is taken."""
LAST_TIME = 253_402_300_799.0
"""The end of the year 9999, as a Unix time; later ones cannot be shown."""
LONGEST_TURN = 1e8
"""Seconds from a question to the last that happened in its turn: some years."""
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MOST_WHOLE = 2**63
# Both as they may stand in JSON, where other things may look like them.
_SUSPICIOUS = re.compile(rb"\\u00|\\[bfr]|\x7f|\xc2[\x80-\x9f]|[:,[-][0-9]{19}")


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """How each of these files begins."""

    docmind: str
    """What it holds: `chats`, or a `run`."""
    version: int
    """Of the format; a newer one is refused."""


def read(name: str) -> bytes:
    """What the file holds; `-` is stdin. Raises DocmindError: USAGE where it cannot be read, FILE_REFUSED."""
    try:
        with open(sys.stdin.fileno() if name == "-" else name, "rb", closefd=name != "-") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        message = f"{one_line(name)} cannot be read: {error.strerror}."
        raise DocmindError(Code.USAGE, message, "Name a file that docmind has written.") from error
    if len(data) > LARGEST:
        raise refused(f"It is larger than {LARGEST >> 20} MiB.", "Export fewer chats into one file.")
    return data


def decode(data: bytes, kind: str, version: int, shape: type[T]) -> T:
    """Raises DocmindError: FILE_REFUSED, or FILE_NEWER."""
    header = convert(data, Header)
    if header.docmind != kind:
        raise refused(f"It holds a {one_line(header.docmind, 20)!r}, not a {kind!r}.")
    if header.version > version:
        message = "The file was written by a newer version of docmind; nothing of it is taken."
        raise DocmindError(Code.FILE_NEWER, message, "Use that version, or export the file once more with this one.")
    return convert(data, shape)


def convert(data: bytes | msgspec.Raw, shape: type[T]) -> T:
    """Raises DocmindError (FILE_REFUSED)."""
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise refused(f"It is not whole, or not of docmind: {one_line(str(error))}.") from error
    except RecursionError as error:
        raise refused("It is nested too deeply.") from error


def refused(why: str, hint: str = "Export it once more where it came from.") -> DocmindError:
    return DocmindError(Code.FILE_REFUSED, f"The file is refused, and nothing of it was taken. {why}", hint)


def check_text(value: Any) -> None:
    """No control characters anywhere in it, which a terminal would obey, and no number too large to reckon with.

    Raises DocmindError (FILE_REFUSED).
    """
    try:
        if not _SUSPICIOUS.search(msgspec.json.encode(value)):
            return
        for leaf in _leaves(msgspec.to_builtins(value)):
            if isinstance(leaf, str) and _CONTROL.search(leaf):
                raise refused(f"It holds control characters, in {one_line(leaf, 40)!r}.")
            if isinstance(leaf, int) and not -_MOST_WHOLE <= leaf < _MOST_WHOLE:
                raise refused("It holds a number that is too large.")
    except RecursionError as error:
        raise refused("It is nested too deeply.") from error


def check_turn(turn: KeptTurn) -> None:
    """Its name, its times, and its events. Raises DocmindError (FILE_REFUSED)."""
    check_id(turn.run)
    check_time(turn.asked_at)
    for timed in turn.events:
        if timed.event.run != turn.run:
            raise refused("An event belongs to another question than its turn.")
        if not 0 <= timed.at <= LONGEST_TURN:
            raise refused("The time of an event is out of bounds.")
        for path in _paths(timed.event):
            if path.startswith("/") or ".." in path.split("/"):
                raise refused(f"A source lies outside its folder: {one_line(path, 80)!r}.")


def check_id(name: str) -> None:
    """Raises DocmindError (FILE_REFUSED)."""
    if not _ID.fullmatch(name):
        raise refused(f"{one_line(name, 40)!r} cannot be the name of a chat or an answer.")


def check_time(at: float) -> None:
    """Raises DocmindError (FILE_REFUSED)."""
    if not 0 <= at <= LAST_TIME:
        raise refused("A time is out of bounds.")


def check_root(root: bytes) -> None:
    """Raises DocmindError (FILE_REFUSED)."""
    if not os.path.isabs(root) or b"\0" in root or os.path.normpath(root) != root:
        raise refused(f"{one_line(os.fsdecode(root), 80)!r} cannot be the folder of a chat.")


def _paths(event: AnyRunEvent) -> Iterator[str]:
    match event:
        case ToolReturned():
            yield from (passage.path for passage in event.passages)
        case Answered():
            yield from (citation.path for citation in event.citations)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from (name, *_leaves(each))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each)
    else:
        yield value
