"""What opens behind a citation: a passage, its surroundings, and what became of it in the file as it is now.

The truth is the file: where the index is behind, it is read again, in the child process that reads all documents.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from .errors import Code, DocmindError
from .finding_again import REACH, Spot, found, joined, replaced
from .library import paths
from .library.finder import Found
from .library.index import Known, Library
from .library.reading import Job, Outcome, Reader
from .protocol import Look, Source
from .records import Passage
from .settings import LibrarySettings

_MOST_SECONDS = 10.0
"""For reading a file again: somebody waits for it."""
_LEFT_OUT = "docmind does not read this file; `docmind index` says why"


class _Gone(Exception):
    """There is no such file any more."""


class _Unreadable(Exception):
    """The file cannot be read; the argument says why."""


class Looker:
    """Looks for one client, one passage after the other. `roots`: the folders that are open."""

    def __init__(self, library: Library, settings: LibrarySettings, roots: Sequence[Path]) -> None:
        seconds = min(settings.file_timeout, _MOST_SECONDS)
        self._library, self._settings = library, replace(settings, file_timeout=seconds)
        self._roots = paths.real(roots)
        self._last: tuple[Found, Outcome] | None = None
        """The file that was read last: several passages of it may be looked at."""

    def look(self, command: Look) -> Source:
        """Blocks for as long as it takes, which is at most some seconds where the file has to be read.

        Only documents of the library have a `file`, so nothing outside the opened folders is ever named.
        """
        source = Source(look=command.look, passage=command.passage, brief=command.brief)
        path = self._path(command)
        if path is None:
            return replace(source, state="closed")
        try:
            return self._compared_or_renamed(source, path)
        except _Gone:
            return replace(self._surrounded(source, path), state="gone", file=b"")
        except _Unreadable as why:
            return replace(source, state="unreadable", reason=str(why), file=self._file(path))
        except DocmindError as error:  # there is no index yet, or it is damaged: told where questions are asked
            return replace(source, state="unreadable", reason=error.message)

    def _path(self, command: Look) -> str | None:
        """The passage's path in the folders that are open; None when it is in none of them."""
        roots = paths.real(Path(os.fsdecode(root)) for root in command.roots)
        if not roots or roots == self._roots:
            return command.passage.path
        file = paths.file_of(command.passage.path, roots)
        return None if file is None else paths.path_of(file, self._roots)

    def _compared_or_renamed(self, source: Source, path: str) -> Source:
        """Where the file is gone, one with the content that was read is looked at."""
        try:
            return self._compared(source, path)
        except _Gone:
            digest = source.passage.file_hash
            other = self._library.same_as(digest, path) if digest else None
            if other is None:
                raise
            return replace(self._compared(source, other), renamed=other)

    def _compared(self, source: Source, path: str) -> Source:
        known = self._library.known(path)
        if known is None:
            raise self._unindexed(path)
        now = _seen(known.found)
        source = replace(source, file=known.found.path)
        if (now.st_size, now.st_ctime_ns) != (known.size, known.changed):
            if source.brief:
                return replace(source, state="unknown")
            if (document := self._read_again(known, now, path)) is not None:
                return self._found_again(source, path, document)
        elif known.state != "read":
            raise _Unreadable(known.reason)
        same = bool(source.passage.file_hash) and known.hash[:8].hex() == source.passage.file_hash
        if source.brief and same:
            return source
        near = self._around(source.passage, path)
        if near:
            return source if source.brief else _beside(source, near)
        return self._found_again(source, path, self._library.whole(path))

    def _found_again(self, source: Source, path: str, document: Sequence[Passage]) -> Source:
        """In a version of the file that is not known to be the one that the passage comes from."""
        passage = source.passage
        if spot := found(passage, document):
            moved = spot.page != passage.page or _first(spot.lines) != _first(passage.lines)
            placed = replace(source, state="moved" if moved else "current", page=spot.page, lines=spot.lines)
            return placed if source.brief else _in_place(placed, spot)
        if source.brief:
            return replace(source, state="changed")
        source = self._surrounded(replace(source, state="changed"), path)
        if newer := replaced(passage, document):
            spot, changes = newer
            return replace(source, page=spot.page, lines=spot.lines, changes=changes)
        return source

    def _surrounded(self, source: Source, path: str) -> Source:
        """As it was read, where the index still has that."""
        near = None if source.brief else self._around(source.passage, path)
        return _beside(source, near) if near else source

    def _around(self, passage: Passage, path: str) -> list[Passage] | None:
        try:
            return self._library.around(replace(passage, path=path), REACH)
        except DocmindError as error:
            if error.code not in (Code.OUTSIDE, Code.NO_DOCUMENTS):
                raise
            return None

    def _read_again(self, known: Known, now: os.stat_result, path: str) -> list[Passage] | None:
        """The document as it is now; None when it is still what the index has."""
        here = Found(known.root, known.name, now.st_size, now.st_ctime_ns)
        if self._last is None or self._last[0] != here:
            with Reader(self._settings) as reader:
                hashed = known.hash if known.state == "read" else b""
                job = Job(known.root, known.name, now.st_size, now.st_ctime_ns, hashed)
                self._last = here, next(reader.read([job]))[1]
        outcome = self._last[1]
        if outcome.state == "same":
            return None
        if outcome.state == "gone":
            raise _Gone
        if outcome.state != "read":
            raise _Unreadable(outcome.reason)
        return [
            Passage(path=path, text=chunk.text, page=chunk.page, lines=chunk.lines, heading=chunk.heading)
            for chunk in outcome.chunks
        ]

    def _unindexed(self, path: str) -> Exception:
        """Why the index does not know the file: it is gone, or it is left out."""
        file = paths.file_of(path, self._roots)
        try:
            if file is None or not _is_plain(file, now := os.lstat(file)):
                return _Gone()
        except (FileNotFoundError, NotADirectoryError):
            return _Gone()
        except OSError as error:
            return _Unreadable(f"cannot be opened: {error.strerror}")
        return _Unreadable(_LEFT_OUT if now.st_size else "the file is empty")

    def _file(self, path: str) -> bytes:
        known = self._library.known(path)
        return known.found.path if known else b""


def _seen(found: Found) -> os.stat_result:
    """The file now. Its date alone says nothing: a copy back or a new name changes it, too. Raises _Gone."""
    try:
        now = os.lstat(found.path)
    except (FileNotFoundError, NotADirectoryError):
        raise _Gone from None
    except OSError as error:
        raise _Unreadable(f"cannot be opened: {error.strerror}") from error
    if not _is_plain(found.path, now):
        raise _Gone
    return now


def _is_plain(file: bytes, now: os.stat_result) -> bool:
    """A link on the way, even in a folder's place, leads elsewhere; the roots themselves hold none."""
    return stat.S_ISREG(now.st_mode) and os.path.realpath(file) == file


def _beside(source: Source, near: Sequence[Passage]) -> Source:
    """With its neighbours; the passage among them may have been cut at its end."""
    passage = source.passage
    at = next(index for index, other in enumerate(near) if _same(other, passage))
    before, after = near[:at], near[at + 1 :]
    return replace(
        source,
        before=joined(before),
        after=joined(after),
        first_line=_first_line(before or [passage]),
        after_line=_first_line(after),
    )


def _in_place(source: Source, spot: Spot) -> Source:
    """With what stands around it on its page."""
    before = spot.text[: spot.start].rstrip()
    after = spot.text[spot.end :].lstrip()
    return replace(
        source,
        before=before,
        after=after,
        first_line=spot.line_at(0 if before else spot.start),
        after_line=spot.line_at(len(spot.text) - len(after)) if after else None,
    )


def _same(stored: Passage, passage: Passage) -> bool:
    return (
        stored.page == passage.page
        and _first(stored.lines) == _first(passage.lines)
        and stored.text.startswith(passage.text)
    )


def _first_line(passages: Sequence[Passage]) -> int | None:
    return _first(passages[0].lines) if passages else None


def _first(lines: tuple[int, int] | None) -> int | None:
    return lines[0] if lines else None
