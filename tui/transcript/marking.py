"""Selecting text, by mouse (Textual's own way) and by keys, and what is copied of it."""

from rich.text import Text
from textual.geometry import Offset
from textual.selection import Selection

from .lines import Line, plain
from .painting import Painting

_END_OF_LINE = 100_000
_MOST_LINES = 20_000
"""Lines that are copied at once; more would have to be rendered first."""


class Marking(Painting):
    """`v` begins a selection of whole lines, which the scrolling keys extend."""

    def __init__(self) -> None:
        super().__init__()
        self._mark: int | None = None
        """The line where the selection by keys began; None: there is none."""
        self._marked_to = 0

    def unmark(self) -> None:
        """Nothing is selected any more."""
        self._mark = None
        if self.is_attached and self.screen.selections:
            self.screen.clear_selection()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text of the lines without margins; lines that were wrapped are joined again."""
        last = self.layout_of_lines.height - 1
        start, end = selection.start or Offset(0, 0), selection.end or Offset(_END_OF_LINE, last)
        numbers = range(start.y, min(end.y, last, start.y + _MOST_LINES - 1) + 1)
        if end.y > numbers[-1] and numbers[-1] < last:
            self.notify(f"A selection of {_MOST_LINES:,} lines at most is copied at once.", severity="warning")
        lines = [line for number in numbers if (line := self.layout_of_lines.line(number))]
        if not lines:
            return None
        lines[-1] = _cut(lines[-1], 0, end.x) if numbers[-1] == end.y else lines[-1]
        lines[0] = _cut(lines[0], start.x, None)
        return plain([line._replace(text=_stripped(line)) for line in lines]), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def action_select_lines(self) -> None:
        """Begins at the cursor, or at the top of the page; the second time ends it."""
        if self._mark is not None:
            self.unmark()
            return
        entries = self.layout_of_lines.entries
        if not entries:
            return
        at_cursor = self.current in entries
        top = (
            self.layout_of_lines.top(entries.index(self.current)) + self.current.gap
            if at_cursor and self.current
            else 0
        )
        self._mark = self._marked_to = top if at_cursor else round(self.scroll_y)
        self._show_marked()

    def action_copy_selection(self) -> None:
        if text := self.screen.get_selected_text():
            self.app.copy_to_clipboard(text)
            self.unmark()
        else:
            self.notify("Nothing is selected.", markup=False)

    def action_scroll_up(self) -> None:
        self._go(-1)

    def action_scroll_down(self) -> None:
        self._go(1)

    def action_page_up(self) -> None:
        self._go(-self.page)

    def action_page_down(self) -> None:
        self._go(self.page)

    def action_scroll_home(self) -> None:
        self._go(-self.layout_of_lines.height)

    def action_scroll_end(self) -> None:
        self.follow()

    def _go(self, lines: int) -> None:
        """Scrolls, or extends the selection."""
        if self._mark is None:
            self.scroll_relative(y=lines, animate=False, force=True, immediate=True)
        else:
            self._extend(lines)

    def _extend(self, lines: int) -> None:
        last = max(self.layout_of_lines.height - 1, 0)
        self._marked_to = min(max(self._marked_to + lines, 0), last)
        top = round(self.scroll_y)
        if not top <= self._marked_to < top + self.page:
            self.scroll_relative(y=lines, animate=False, force=True, immediate=True)
        self._show_marked()

    def _show_marked(self) -> None:
        assert self._mark is not None
        first, last = sorted((self._mark, self._marked_to))
        self.screen.selections = {self: Selection(Offset(0, first), Offset(_END_OF_LINE, last))}


def _cut(line: Line, start: int, end: int | None) -> Line:
    """A part of a line; what is left of the margin is not copied either."""
    return Line(line.text[start:end], line.join, max(line.margin - start, 0))


def _stripped(line: Line) -> Text:
    text = line.text.copy()
    text.rstrip()
    return text
