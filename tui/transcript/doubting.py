"""Sources of kept answers are checked when they come into sight, and marked where they no longer hold."""

from collections.abc import Sequence

from textual.message import Message
from textual.timer import Timer

from docmind.agents.protocol import SourceState
from docmind.agents.records import Passage

from .entries import Entry, SourceLine
from .marking import Marking

_REST_S = 0.2
"""Seconds without scrolling after which what is shown counts as seen."""


class Doubting(Marking):
    """Files may have changed since these answers were given; nothing is checked that nobody looks at."""

    class SourcesSeen(Message):
        """These passages are shown, and it is not known whether they still hold."""

        def __init__(self, passages: Sequence[Passage]) -> None:
            super().__init__()
            self.passages = passages

    def __init__(self) -> None:
        super().__init__()
        self._doubted: set[Entry] = set()
        self._resting: Timer | None = None

    def doubt(self, entries: Sequence[Entry]) -> None:
        """The sources among them are to be checked; what was doubted before and is no longer here is forgotten."""
        self._doubted = self._doubted.intersection(self.layout_of_lines.entries)
        self._doubted.update(entry for entry in entries if isinstance(entry, SourceLine))
        self.check_sources()

    def check_sources(self) -> None:
        """When the text has come to rest."""
        if self._resting:
            self._resting.stop()
        self._resting = self.set_timer(_REST_S, self._look_around) if self._doubted else None

    def mark_source(self, passage: Passage, state: SourceState) -> None:
        """What was found out. `unknown`: it is to be checked again; so is `gone`, which may be found elsewhere yet."""
        for entry in self.layout_of_lines.entries:
            if not isinstance(entry, SourceLine) or not entry.cites(passage):
                continue
            if state in ("unknown", "gone"):
                self._doubted.add(entry)
            if state not in ("unknown", entry.became):
                entry.became = state
                entry.forget()
                self.refresh()

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        self.check_sources()

    def _look_around(self) -> None:
        seen = [entry for entry in self._shown() if entry in self._doubted]
        self._doubted.difference_update(seen)
        if passages := list(dict.fromkeys(entry.passage for entry in seen if isinstance(entry, SourceLine))):
            self.post_message(self.SourcesSeen(passages))

    def _shown(self) -> list[Entry]:
        """The entries on the page."""
        layout, top = self.layout_of_lines, round(self.scroll_y)
        if not 0 <= top < layout.height:
            return []
        last = min(top + self.page, layout.height) - 1
        return layout.entries[layout.at(top)[0] : layout.at(last)[0] + 1]
