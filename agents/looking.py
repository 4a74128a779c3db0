"""A passage with its surroundings, and whether its file is still what was read: what opens behind a citation."""

import hashlib
import itertools
import os
import stat
from pathlib import Path
from typing import Literal

from .errors import Code, DocmindError
from .library.finder import Found
from .library.index import Library
from .protocol import Look, Source
from .records import Passage

REACH = 3
"""Passages before and after: about 10 KB of text."""


def look(library: Library, command: Look) -> Source:
    """Blocks for as long as it takes to read the file. Raises DocmindError: as the library does, but OUTSIDE.

    Only documents of the library have a `file`, so nothing outside the opened folders is ever named.
    """
    passage = command.passage
    try:
        found, digest = library.on_disk(passage.path)
    except DocmindError as error:
        if error.code != Code.OUTSIDE:
            raise
        return Source(look=command.look, passage=passage, state="gone")
    state = _compare(found, digest)
    file = b"" if state == "gone" else found.path
    try:
        near = library.around(passage, REACH)
    except DocmindError as error:
        if error.code != Code.OUTSIDE:
            raise
        state = "changed" if state == "current" else state
        return Source(look=command.look, passage=passage, file=file, state=state)
    before, after = _split(near, passage)
    return Source(
        look=command.look,
        passage=passage,
        before=_joined(before),
        after=_joined(after),
        first_line=_first_line(before or [passage]),
        after_line=_first_line(after),
        file=file,
        state=state,
    )


def _compare(found: Found, digest: bytes) -> Literal["current", "changed", "gone"]:
    """The file against what was read. Its date alone says nothing: a copy back or a new name changes it, too."""
    try:
        now = os.lstat(found.path)
        # A link on the way, even in a folder's place, leads elsewhere; the roots themselves hold none.
        if not stat.S_ISREG(now.st_mode) or os.path.realpath(found.path) != found.path:
            return "gone"
        if (now.st_size, now.st_ctime_ns) == (found.size, found.changed):
            return "current"
        if now.st_size != found.size:
            return "changed"
        content = Path(os.fsdecode(found.path)).read_bytes()
    except FileNotFoundError:
        return "gone"
    except OSError:
        return "changed"
    return "current" if hashlib.blake2b(content, digest_size=16).digest() == digest else "changed"


def _split(near: list[Passage], passage: Passage) -> tuple[list[Passage], list[Passage]]:
    """What stands before and after the passage, which may have been cut at its end."""
    at = next(index for index, other in enumerate(near) if _same(other, passage))
    return near[:at], near[at + 1 :]


def _same(stored: Passage, passage: Passage) -> bool:
    first = [found.lines[0] if found.lines else None for found in (stored, passage)]
    return stored.page == passage.page and first[0] == first[1] and stored.text.startswith(passage.text)


def _first_line(passages: list[Passage]) -> int | None:
    return passages[0].lines[0] if passages and passages[0].lines else None


def _joined(passages: list[Passage]) -> str:
    """With the blank lines between them, which are part of none: so that lines can be counted."""
    parts = [passage.text for passage in passages[:1]]
    for former, passage in itertools.pairwise(passages):
        lines = passage.lines[0] - former.lines[1] if passage.lines and former.lines else 1
        parts += ["\n" * lines or " ", passage.text]  # 0: a long line was cut between its words
    return "".join(parts)
