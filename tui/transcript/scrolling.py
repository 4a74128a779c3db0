"""Scrolling over a layout: follows the end in jumps until the user scrolls up, and holds the text still otherwise."""

from textual.geometry import Size
from textual.scroll_view import ScrollView

from .layout import Layout
from .lines import Look

WIDEST = 110
"""Cells of a line of text: longer ones are hard to read."""


class Scrolling(ScrollView, can_focus=True):
    """Line-based; the height of what was never shown is an estimate, and is mended without moving what is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.layout_of_lines = Layout()
        self.following = True
        """Whether the end is shown whatever comes."""
        self._moving = False

    @property
    def page(self) -> int:
        """Lines that are shown."""
        return max(self.scrollable_content_region.height, 1)

    @property
    def columns(self) -> int:
        """Width of a line of text, in cells."""
        return max(min(self.scrollable_content_region.width, WIDEST), 10)

    def restyle(self, look: Look) -> None:
        """All lines are rendered anew, as they are looked at; the same text stays at the top."""
        place = self._place()
        self.layout_of_lines.set_look(self.columns, look)
        self.settle(place, 0)

    def settle(self, place: tuple[object, int] | None, first: int) -> None:
        """After a change: `place` is what stood at the top before it, `first` the first line that is different."""
        layout = self.layout_of_lines
        if self.following:
            layout.draw_end(self.page)
        else:
            layout.draw_page(self._line_of(place), self.page)
        self.virtual_size = Size(self.size.width, self._padded(layout.height))
        self._move(self.virtual_size.height - self.page if self.following else self._line_of(place))
        top = round(self.scroll_y)
        if first < top + self.page:
            self.refresh_lines(max(first, top), top + self.page - max(first, top))

    def go(self, line: int) -> None:
        """Shows a line, where possible in the upper third; the end is not followed any more."""
        self.following = False
        self.layout_of_lines.draw_page(line - self.page // 3, self.page)
        self.virtual_size = Size(self.virtual_size.width, self._padded(self.layout_of_lines.height))
        self._move(line - self.page // 3)

    def follow(self) -> None:
        """To the end, and stays there."""
        self.following = True
        self.settle(None, self.layout_of_lines.height)

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        if self._moving or round(old) == round(new):
            return
        if round(old) > max(self.virtual_size.height - self.page, 0):
            return  # the page has grown over the end: nobody has scrolled
        self.following = False
        self._mend(round(old), round(new))
        if round(self.scroll_y) >= self.virtual_size.height - self.page and new > old:
            self.following = True

    def _mend(self, old: int, new: int) -> None:
        """Renders what comes into view; what it is higher or lower than estimated must not move the text."""
        layout = self.layout_of_lines
        if not layout.entries:
            return
        anchor = old if abs(new - old) <= 2 * self.page else new
        index, inside = layout.at(min(max(anchor, 0), max(layout.height - 1, 0)))
        layout.draw_page(min(new, anchor), self.page + abs(new - anchor))
        self.virtual_size = Size(self.virtual_size.width, self._padded(layout.height))
        self._move(layout.top(index) + inside + new - anchor)

    def _place(self) -> tuple[object, int] | None:
        """The entry at the top of the page, and the line inside it."""
        layout, top = self.layout_of_lines, round(self.scroll_y)
        if not 0 <= top < layout.height:
            return None
        index, inside = layout.at(top)
        return layout.entries[index], inside

    def _line_of(self, place: tuple[object, int] | None) -> int:
        """Where that stands now; an entry that has gone leaves the page where it is."""
        entries = self.layout_of_lines.entries
        for index in range(len(entries) - 1, -1, -1):
            if place and entries[index] is place[0]:
                return self.layout_of_lines.top(index) + place[1]
        return round(self.scroll_y)

    def _padded(self, height: int) -> int:
        """The end is followed in jumps: each moves the whole page, which costs many bytes over a slow line."""
        jump = max(self.page // 2, 1)
        return height if height <= self.page else self.page + -(-(height - self.page) // jump) * jump

    def _move(self, line: int) -> None:
        line = min(max(line, 0), max(self.virtual_size.height - self.page, 0))
        if line != round(self.scroll_y):
            self._moving = True
            self.scroll_to(y=line, animate=False, force=True, immediate=True)
            self._moving = False
