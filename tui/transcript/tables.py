"""Lays out a table: beside each other where it fits, wrapped cells where it nearly does, one below the other else."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text

from .lines import Line, Look, wrap

_GAP = 2
"""Cells between two columns."""
_NARROWEST = 8
"""A column is not wrapped to fewer cells."""


def table(rows: Sequence[Sequence[Text]], width: int, look: Look, *, continued: bool = False) -> list[Line]:
    """The first row is the head, which a `continued` table does not show again. At most `width` cells wide."""
    columns = max(map(len, rows), default=0)
    wanted = [max((row[n].cell_len for row in rows if n < len(row)), default=0) for n in range(columns)]
    widths = _fitted(wanted, width - _GAP * (columns - 1))
    if widths is None:
        return _list(rows, width, look)
    head = [] if continued else [*_row(rows[0], widths, look["table-head"]), _rule(widths, look)]
    return head + [line for row in rows[1:] for line in _row(row, widths, None)]


def _fitted(wanted: list[int], room: int) -> list[int] | None:
    """Widths of the columns within `room`, the widest ones shortened; None where that leaves too little."""
    if sum(wanted) <= room:
        return wanted
    smallest = [min(cells, _NARROWEST) for cells in wanted]
    if sum(smallest) > room:
        return None
    low, high = 0, max(wanted)
    while low < high:  # the largest limit of a column with which all fit
        limit = (low + high + 1) // 2
        if sum(max(min(cells, limit), small) for cells, small in zip(wanted, smallest, strict=True)) <= room:
            low = limit
        else:
            high = limit - 1
    return [max(min(cells, low), small) for cells, small in zip(wanted, smallest, strict=True)]


def _row(row: Sequence[Text], widths: list[int], style: Style | None) -> list[Line]:
    """The cells beside each other, each wrapped to its column, at the side that its `justify` says."""
    cells = [wrap(cell, columns) for cell, columns in zip(row, widths, strict=False)]
    lines = []
    for place in range(max(map(len, cells), default=0)):
        text = Text()
        for cell, lines_of_it, columns in zip(row, cells, widths, strict=False):
            piece = lines_of_it[place].text if place < len(lines_of_it) else Text("")
            room = columns - piece.cell_len
            before = room if cell.justify == "right" else room // 2 if cell.justify == "center" else 0
            text.append(" " * before).append_text(piece).append(" " * (room - before + _GAP))
        text.rstrip()
        text.stylize(style or "")
        lines.append(Line(text))
    return lines


def _rule(widths: list[int], look: Look) -> Line:
    return Line(Text("─" * (sum(widths) + _GAP * (len(widths) - 1)), look["muted"]))


def _list(rows: Sequence[Sequence[Text]], width: int, look: Look) -> list[Line]:
    """`head: cell` for each cell, an empty line between two rows."""
    lines: list[Line] = []
    for row in rows[1:]:
        lines += [Line(Text(""))] if lines else []
        for title, cell in zip(rows[0], row, strict=False):
            lines += wrap(Text.assemble((f"{title.plain}: ", look["table-head"]), cell), width)
    return lines or wrap(Text("   ").join(rows[0]), width)
