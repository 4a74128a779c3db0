"""Where each entry stands. Only entries that are looked at are rendered; of the others the height is estimated."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from .entries import Entry
from .lines import Line, Look

MOST_DRAWN = 1000
"""Lines that are kept, some twenty-five pages; those that were not looked at for longest are rendered again."""
FEWEST_DRAWN = 64
"""Entries that keep their lines, however many these are: a page may show so many."""


class Layout:
    """All entries of a chat, from the top. Lines are counted from 0."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._heights: list[int] = []
        self._tops: list[int] = [0]
        """Line of the top of each entry, and last the height of all; those from `_valid` on must be summed again."""
        self._valid = 0
        self._width = 80
        self._look: Look = {}
        self._drawn: dict[Entry, int] = {}
        """How many lines each has kept, the one that was looked at last in the end."""
        self._kept = 0

    @property
    def height(self) -> int:
        """Lines of all entries."""
        self._sum()
        return self._tops[-1]

    def set_look(self, width: int, look: Look) -> None:
        """Another width or look: nothing is rendered before it is looked at."""
        self._width, self._look = width, look
        for entry in self._drawn:
            entry.forget()
        self._drawn.clear()
        self._kept = 0
        self._heights = [entry.estimate(width) for entry in self.entries]
        self._valid = 0

    def replace(self, first: int, old: int, new: Sequence[Entry]) -> int:
        """Puts `new` in the place of `old` entries from `first` on; returns the first line that changes."""
        before = self.entries[first : first + old]
        same = 0
        while same < min(old, len(new)) and before[same] is new[same]:
            same += 1
        for entry in before[same:]:
            self._kept -= self._drawn.pop(entry, 0)
        self.entries[first + same : first + old] = new[same:]
        self._heights[first + same : first + old] = [entry.estimate(self._width) for entry in new[same:]]
        self._valid = min(self._valid, first + same)
        return self.top(first + same)

    def top(self, index: int) -> int:
        """The first line of an entry; of the one behind the last: the height."""
        self._sum()
        return self._tops[index]

    def at(self, line: int) -> tuple[int, int]:
        """The entry at a line, and the line inside it. There must be one."""
        self._sum()
        index = min(bisect_right(self._tops, line) - 1, len(self.entries) - 1)
        return index, line - self._tops[index]

    def line(self, line: int) -> Line | None:
        """One line; None below the end."""
        if not 0 <= line < self.height:
            return None
        index, inside = self.at(line)
        lines = self.draw(index)
        return lines[inside] if inside < len(lines) else None

    def draw(self, index: int) -> Sequence[Line]:
        """The lines of an entry; its height is known from then on."""
        entry = self.entries[index]
        lines = entry.lines(self._width, self._look)
        self._kept += len(lines) - self._drawn.pop(entry, 0)
        self._drawn[entry] = len(lines)
        if len(lines) != self._heights[index]:
            self._heights[index] = len(lines)
            self._valid = min(self._valid, index)
        self._let_go()
        return lines

    def draw_page(self, first: int, height: int) -> None:
        """Renders what stands between two lines, from the top, so that these lines hold what they will show."""
        if not self.entries:
            return
        index, inside = self.at(max(first, 0))
        missing = height + inside
        while missing > 0 and index < len(self.entries):
            missing -= len(self.draw(index))
            index += 1

    def draw_end(self, height: int) -> None:
        """Renders the last `height` lines."""
        index = len(self.entries)
        while height > 0 and index > 0:
            index -= 1
            height -= len(self.draw(index))

    def _sum(self) -> None:
        if self._valid < len(self._heights) or len(self._tops) != len(self._heights) + 1:
            start = self._tops[self._valid]
            self._tops[self._valid :] = accumulate(self._heights[self._valid :], initial=start)
            self._valid = len(self._heights)

    def _let_go(self) -> None:
        while self._kept > MOST_DRAWN and len(self._drawn) > FEWEST_DRAWN:
            oldest = next(iter(self._drawn))
            self._kept -= self._drawn.pop(oldest)
            oldest.forget()
