"""What the terminal shows, cell by cell, and the bytes that change it to what it should show."""

from rich.cells import cell_len

from .frames import Cell, Place, Run, runs
from .sgr import Style, change, on_blank

_CLOSE = 4
"""So many cells in between are cheaper written again than jumped over."""
_LONG = 8
"""So many spaces are cheaper erased."""
_MOST = 1 << 16
_EMPTY = Cell("?", Style(attributes=frozenset({"unknown"})))
"""Stands for a cell of which nothing is known."""


class Grid:
    """`draw` turns a frame of Textual into what is new in it.

    `erases`: the terminal fills what it erases with the colour of the background (terminfo's bce), as most do.
    """

    def __init__(self, *, erases: bool = True) -> None:
        self._erases = erases
        self.forget()

    def forget(self) -> None:
        """The terminal may show anything: it was resized, or somebody else has written to it."""
        self._rows: dict[int, list[Cell]] = {}
        self._cursor: Place | None = None
        self._style: Style | None = None

    def draw(self, frame: str, columns: int = _MOST, lines: int = _MOST) -> str:
        """The shortest bytes that have the effect of `frame`; empty when it changes nothing.

        What does not fit on a screen of `columns` and `lines` is left out: a frame that was made before the screen
        became smaller would be folded by the terminal into its last line and column.
        """
        rows: dict[int, list[Cell]] = {}
        end = Place(0, 0)
        for drawn in runs(frame):
            if isinstance(drawn, Run):
                if drawn.row >= lines or drawn.column >= columns:
                    continue
                row = rows.get(drawn.row)
                if row is None:
                    row = rows[drawn.row] = list(self._rows.get(drawn.row, ()))
                _put(row, drawn.column, drawn.cells[: columns - drawn.column])
            else:
                end = Place(min(drawn.row, lines - 1), min(drawn.column, columns - 1))
        out: list[str] = []
        for number in sorted(rows):
            self._change(number, rows[number], out)
        if out or self._cursor != end:
            self._go(end.row, end.column, out)
        return "".join(out)

    def _change(self, number: int, new: list[Cell], out: list[str]) -> None:
        """One row."""
        _mend(new)
        old = self._rows.get(number, [])
        if new == old:
            return
        self._rows[number] = new
        old = old + [_EMPTY] * (len(new) - len(old))
        changed = [column for column, cell in enumerate(new) if cell is not old[column] and cell != old[column]]
        at = -1
        for column in changed:
            if column < at:
                continue
            if self._erases and (blanks := _new_blanks(new, old, column)) >= _LONG:
                self._go(number, column, out)
                self._use_style_of(new[column], out)
                out.append(f"\x1b[{blanks}X")
                at = column + blanks
                continue
            if 0 <= at <= column <= at + _CLOSE and all(
                self._is_in_style(new[n]) and new[n].text for n in range(at, column)
            ):
                start = at
            else:
                start = column
            if not new[start].text and start:  # the second half of a wide character: its first half is written
                start -= 1
            at = self._write(number, start, column + 1, new, out)

    def _write(self, row: int, start: int, end: int, cells: list[Cell], out: list[str]) -> int:
        """Writes cells; returns the column behind them, which a wide character may move."""
        self._go(row, start, out)
        column = start
        while column < end:
            text, style = cells[column]
            if style == _EMPTY.style:
                return column + 1
            self._use_style_of(cells[column], out)
            out.append(text)
            wide = column + 1 < len(cells) and not cells[column + 1].text
            column += 2 if wide else 1
            self._cursor = Place(row, column) if _is_sure(text, wide) else None
            if self._cursor is None and column < end:
                self._go(row, column, out)
        return column

    def _use_style_of(self, cell: Cell, out: list[str]) -> None:
        if not self._is_in_style(cell):
            out.append(change(self._style, cell.style))
            self._style = cell.style

    def _is_in_style(self, cell: Cell) -> bool:
        """Whether it looks right in the style that the terminal writes in."""
        style = self._style
        return cell.style == style or (cell.text == " " and style is not None and cell.style == on_blank(style))

    def _go(self, row: int, column: int, out: list[str]) -> None:
        place = Place(row, column)
        if self._cursor == place:
            return
        forward = column - self._cursor.column if self._cursor and self._cursor.row == row else 0
        if forward > 0:
            out.append("\x1b[C" if forward == 1 else f"\x1b[{forward}C")
        else:
            out.append(f"\x1b[{row + 1};{column + 1}H" if column else f"\x1b[{row + 1}H")
        self._cursor = place


def _is_sure(text: str, wide: bool) -> bool:
    """Whether all terminals take as many cells for it: not for letters with marks, joined scripts, and pictures."""
    if len(text) != 1 or wide:
        return len(text) == 1 and "\u2e80" <= text < "\U0001f000"
    return text < "\u0300" or "\u0370" <= text < "\u0483" or "\u2010" <= text < "\u2600"


def _new_blanks(new: list[Cell], old: list[Cell], start: int) -> int:
    """How many cells from there on, to the last that changes, are the same erasable space."""
    blank = Cell(" ", Style(background=new[start].style.background))
    end = at = start
    while at < len(new) and new[at] == blank:
        at += 1
        if old[at - 1] != blank:
            end = at
    return end - start


def _put(row: list[Cell], column: int, cells: list[Cell]) -> None:
    if column > len(row):
        row += [_EMPTY] * (column - len(row))
    row[column : column + len(cells)] = cells


def _mend(row: list[Cell]) -> None:
    """A wide character of which a half was overwritten is gone: the terminal shows a space there, too."""
    if all(cell.text.isascii() and cell.text for cell in row):
        return
    for column, cell in enumerate(row):
        if cell is _EMPTY:
            continue
        if not cell.text:
            whole = column > 0 and cell_len(row[column - 1].text) == 2
        else:
            whole = cell_len(cell.text) < 2 or (column + 1 < len(row) and not row[column + 1].text)
        if not whole:
            row[column] = Cell(" ", cell.style)
