"""Cuts a document into chunks that know their page, or their lines, and their headings."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from .readers import Segment

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_WRAP = re.compile(r"(?<=[^\n]{40})\n(?=[^\W\d_])")
"""A line break that only wraps a sentence: the splitter would rather cut there than at the end of the sentence."""
_LONGEST_HEADING = 120
_BLOCK = 16_384
"""Characters cut at a time: the splitter's time grows with the square of text without structure."""
_BREAKS = ("\n#", "\n\n", "\n", " ")
"""Where a block should end, best first."""


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """A piece of a document's text. Pages and lines count from 1; lines include both ends."""

    text: str
    page: int | None = None
    lines: tuple[int, int] | None = None
    heading: str = ""
    """Heading path, outermost first, joined by ' > '."""


def chunks(segments: Iterable[Segment], capacity: int) -> Iterator[Chunk]:
    """Chunks of at most `capacity` characters and the headings above them, in order, without overlap or blank ones."""
    for segment in segments:
        yield from _cut(segment, capacity)


def _cut(segment: Segment, capacity: int) -> Iterator[Chunk]:
    headings = _Headings(segment.text) if segment.markdown else None
    line, position = 1, 0
    pieces = _pieces(segment, capacity)
    for offset, text in _with_headings(pieces, segment.text, capacity) if headings else pieces:
        line += segment.text.count("\n", position, offset)
        position = offset
        lines = (line, line + text.count("\n")) if segment.lined else None
        yield Chunk(text, segment.page, lines, headings.at(line + max(_body(text), 0)) if headings else "")


def _pieces(segment: Segment, capacity: int) -> Iterator[tuple[int, str]]:
    """(offset, text) of each chunk."""
    from semantic_text_splitter import MarkdownSplitter, TextSplitter

    splitter = (MarkdownSplitter if segment.markdown else TextSplitter)(capacity)
    flowing = segment.text if segment.markdown else _WRAP.sub(" ", segment.text)
    for start, end in _blocks(flowing):
        for offset, text in splitter.chunk_indices(flowing[start:end]):
            yield start + offset, segment.text[start + offset : start + offset + len(text)]


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of blocks of at most _BLOCK characters; each ends at a break in its last quarter if there is one."""
    start = 0
    while len(text) - start > _BLOCK:
        last = start + _BLOCK
        found = (text.rfind(mark, last - _BLOCK // 4, last) for mark in _BREAKS)
        end = next((cut for cut in found if cut > 0), last)
        yield start, end
        start = end
    yield start, len(text)


def _with_headings(pieces: Iterable[tuple[int, str]], text: str, most: int) -> Iterator[tuple[int, str]]:
    """The pieces; those of nothing but headings, at most `most` characters, are joined to what follows.

    Alone they say little, yet would rank first.
    """
    held: int | None = None
    for offset, piece in pieces:
        start = offset if held is None else held
        if _body(piece) < 0 and offset + len(piece) - start <= most:
            held = start
        else:
            held = None
            yield start, text[start : offset + len(piece)]
    if held is not None:
        yield held, text[held:].rstrip()


def _body(markdown: str) -> int:
    """The index of the first line that is neither blank nor a heading; -1 when there is none."""
    return next((n for n, line in enumerate(markdown.split("\n")) if line and not _HEADING.match(line)), -1)


class _Headings:
    """The heading path in force, asked for with growing line numbers."""

    def __init__(self, markdown: str) -> None:
        self._coming = _headings(markdown)
        self._next = next(self._coming, None)
        self._path: list[tuple[int, str]] = []

    def at(self, line: int) -> str:
        while self._next and self._next[0] <= line:
            _, level, title = self._next
            self._path = [held for held in self._path if held[0] < level] + [(level, title)]
            self._next = next(self._coming, None)
        return " > ".join(title for _, title in self._path)


def _headings(markdown: str) -> Iterator[tuple[int, int, str]]:
    """(line, level, title) of each heading that begins with '#', outside fenced code."""
    fence = ""
    for number, line in enumerate(markdown.split("\n"), 1):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = ""
        elif not fence and (found := _HEADING.match(line)):
            yield number, len(found[1]), found[2][:_LONGEST_HEADING]
