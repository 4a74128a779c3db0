"""Lines of styled text as they stand on the screen, and how text is wrapped to a width."""

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from rich.cells import chop_cells
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

Look = Mapping[str, Style]
"""Role of a text -> how it looks. The roles are the component classes of the view."""


class Line(NamedTuple):
    """One line of the screen."""

    text: Text
    join: str = "\n"
    """What stands between it and the line above when both are copied: a line that was wrapped is joined again."""
    margin: int = 0
    """Characters at its beginning that are decoration, and are not copied."""


@cache
def _console() -> Console:
    """Only for wrapping and rendering; nothing is written to it."""
    return Console(file=io.StringIO(), color_system="truecolor", force_terminal=True, legacy_windows=False)


def segments_of(text: Text) -> list[Segment]:
    """The styled pieces of a line."""
    if not text.spans and isinstance(text.style, Style):  # Rich drops the style of a text that has no spans
        return [Segment(text.plain, text.style)]
    return list(text.render(_console()))


def wrap(text: Text, width: int, join: str = "\n") -> list[Line]:
    """`text` in lines of at most `width` cells, broken between words, a longer word inside. At least one line."""
    lines: list[Line] = []
    for paragraph in text.split("\n", allow_blank=True):
        if paragraph.cell_len <= width:
            lines.append(Line(paragraph, join))
        else:
            lines += _wrapped(paragraph, max(width, 2), join)
        join = "\n"
    return lines or [Line(Text(""), join)]


def _wrapped(paragraph: Text, width: int, join: str) -> list[Line]:
    """The lines of a paragraph that is too long for one."""
    paragraph.expand_tabs(4)
    lines: list[Line] = []
    end = 0
    for piece in paragraph.wrap(_console(), width, justify="default"):
        piece.rstrip()
        start = paragraph.plain.index(piece.plain, end)
        lines.append(Line(piece, (" " if start > end else "") if lines else join))
        end = start + len(piece.plain)
    return lines


def fold(text: Text, width: int) -> list[Line]:
    """`text`, one line of code, broken at any place."""
    if text.cell_len <= width:
        return [Line(text)]
    lengths = [len(piece) for piece in chop_cells(text.plain, max(width, 2))]
    pieces = text.divide(list(accumulate(lengths))[:-1])
    return [Line(piece, "" if number else "\n") for number, piece in enumerate(pieces)]


def indented(lines: Iterable[Line], first: Text, others: Text) -> list[Line]:
    """The lines behind a margin; `first` stands before the first one."""
    behind = []
    for number, line in enumerate(lines):
        margin = others if number else first
        behind.append(Line(Text.assemble(margin, line.text), line.join, line.margin + len(margin)))
    return behind


def plain(lines: Sequence[Line]) -> str:
    """What is copied of them: without margins, wrapped lines joined again."""
    return "".join((line.join if number else "") + line.text.plain[line.margin :] for number, line in enumerate(lines))
