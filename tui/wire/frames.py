"""Reads what Textual writes: frames of styled text at places of the screen, and nothing else."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import split_graphemes

from .sgr import PLAIN, Style, applied, on_blank

_TOKEN = re.compile(r"\x1b\[(\d{0,4});?(\d{0,4})H|\x1b\[([0-9;]{0,60})m|(\r?\n)|([^\x1b\r\n]+)|(.)", re.S)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff\u2028\u2029]")


class Cell(NamedTuple):
    """One place of the screen. The second half of a wide character is an empty text."""

    text: str
    style: Style


class Run(NamedTuple):
    """Cells beside each other."""

    row: int
    column: int
    cells: list[Cell]


class Place(NamedTuple):
    """Where the cursor ends."""

    row: int
    column: int


def runs(data: str) -> Iterator[Run | Place]:
    """What a frame draws, in its order, and last where it leaves the cursor.

    Anything that is not text, a style, or a move to a place is left out: a frame has no other sequences.
    """
    row = column = 0
    style = PLAIN
    for token in _TOKEN.finditer(data):
        match token.lastindex:
            case 1 | 2:
                row, column = int(token[1] or 1) - 1, int(token[2] or 1) - 1
            case 3:
                style = applied(style, token[3])
            case 4:
                row, column = row + 1, 0
            case 5:
                cells = cells_of(token[5], style)
                yield Run(row, column, cells)
                column += len(cells)
    yield Place(row, column)


_cell = lru_cache(4096)(Cell)
"""The same cell for the same character in the same style: a page has thousands."""


@lru_cache(1024)
def cells_of(text: str, style: Style) -> list[Cell]:
    """The cells that a text takes; control and direction characters take none."""
    if text.isascii() and text.isprintable():
        blank = on_blank(style)
        return [_cell(character, blank if character == " " else style) for character in text]
    text = _UNSAFE.sub("", text)
    cells: list[Cell] = []
    for start, end, width in split_graphemes(text)[0]:
        if width == 0 and cells:
            last = -1 if cells[-1].text else -2
            cells[last] = _cell(cells[last].text + text[start:end], style)
        elif width:
            cells.append(_cell(text[start:end], on_blank(style) if text[start:end] == " " else style))
            cells += [_cell("", style)] * (width - 1)
    return cells
