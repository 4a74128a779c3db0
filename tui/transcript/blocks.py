"""Cuts Markdown into blocks as it arrives: closed ones, which never change again, and the open tail, which stays small.

Long fences, tables and paragraphs are cut into parts, for all that is done with the tail is done again at each token.
Working on whole lines, the cuts are the same however the text arrives.
"""

import re
from typing import NamedTuple

FENCE_LINES = 40
"""Lines of a code fence in one block."""
MOST_LINES = 50
"""Lines of anything else: the rows of a table, say."""
LINE_CHARS = 4000
"""Characters of a line without an end in one block."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\n]*)")
_ITEM = re.compile(r" {0,1}(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
_DELIMITER = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")


class Block(NamedTuple):
    """A piece of Markdown that can be rendered by itself."""

    source: str
    before: str = ""
    """What makes it complete where it continues a block: the line that opens the fence, or the head of the table."""
    gap: bool = True
    """Whether an empty line stands before it."""
    separator: str = "\n"
    """What stood between this block and the one before in the text: nothing where a long line was cut."""


class Splitter:
    """`feed` takes text and returns the blocks that it closes; `tail` is the open one."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        """Whole lines of the open block, and last the one that goes on."""
        self._rest = ""
        self._fence = ""
        """The line that opened the fence; empty outside of one."""
        self._before = ""
        self._gap, self._part = True, False

    @property
    def tail(self) -> Block:
        """What is open, as a block."""
        return self._block([*self._lines, self._rest])

    @property
    def is_open(self) -> bool:
        """Whether it is in a fence or a table."""
        line = self._rest or (self._lines[-1] if self._lines else "")
        return bool(self._fence) or line.lstrip().startswith("|")

    def feed(self, text: str) -> list[Block]:
        """Takes the next piece."""
        closed: list[Block] = []
        *whole, self._rest = (self._rest + text).split("\n")
        for line in whole:
            self._take(self._cut_long(line, closed), closed)
        self._rest = self._cut_long(self._rest, closed)
        return closed

    def close(self) -> list[Block]:
        """The text has ended."""
        closed: list[Block] = []
        if self._rest:
            self._take(self._rest, closed)
        self._rest = ""
        self._close(closed)
        return closed

    def _block(self, lines: list[str]) -> Block:
        return Block("\n".join(lines), self._before, self._gap, "" if self._part else "\n")

    def _cut_long(self, line: str, closed: list[Block]) -> str:
        """Closes the parts of a line that has grown too long; returns what is left of it."""
        while len(line) > LINE_CHARS:
            cut = line.rfind(" ", LINE_CHARS // 2, LINE_CHARS) + 1 or LINE_CHARS
            self._lines.append(line[:cut])
            self._close(closed, gap=False, before=self._fence)
            self._part, line = True, line[cut:]
        return line

    def _take(self, line: str, closed: list[Block]) -> None:
        if self._fence:
            self._take_code(line, closed)
        elif opening := _FENCE.match(line):
            self._close(closed)
            self._fence = opening[0]
            self._lines.append(line)
        elif not line.strip():
            self._lines.append(line)
        else:
            self._take_text(line, closed)

    def _take_code(self, line: str, closed: list[Block]) -> None:
        self._lines.append(line)
        mark = _FENCE.match(self._fence)
        if mark and re.fullmatch(rf" {{0,3}}{re.escape(mark[1][0])}{{{len(mark[1])},}}\s*", line):
            self._fence = ""
            self._close(closed)
        elif len(self._lines) >= FENCE_LINES:
            self._close(closed, gap=False, before=self._fence)

    def _take_text(self, line: str, closed: list[Block]) -> None:
        blank = bool(self._lines) and not self._lines[-1].strip()
        item = bool(_ITEM.match(line))
        in_list = bool(self._lines) and bool(_ITEM.match(self._lines[0]))
        if in_list and item:
            self._close(closed, gap=False)
        elif blank and not (in_list and line.startswith((" ", "\t"))):
            self._close(closed)
        elif len(self._lines) >= MOST_LINES:
            self._close(closed, gap=False, before=self._table_head())
        self._lines.append(line)

    def _table_head(self) -> str:
        """The first two lines, where the open block is a table."""
        if self._before and not self._fence:
            return self._before
        is_table = "|" in self._lines[0] and len(self._lines) > 1 and _DELIMITER.match(self._lines[1])
        return "\n".join(self._lines[:2]) if is_table else ""

    def _close(self, closed: list[Block], *, gap: bool = True, before: str = "") -> None:
        """`gap`, `before`: of the block that comes next."""
        if any(line.strip() for line in self._lines):
            closed.append(self._block(self._lines))
            self._gap, self._before = gap, before
        self._lines, self._part = [], False


def is_open(text: str) -> bool:
    """Whether what follows belongs to a fence or a table that the text has begun."""
    splitter = Splitter()
    splitter.feed(text)
    return splitter.is_open
