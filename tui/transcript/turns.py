"""The turns of the chat by their names, and where they stand in the text."""

from collections.abc import Collection

from docmind.agents.records import Citation, Passage

from .doubting import Doubting
from .entries import Entry, Quiet
from .turn import Turn
from .turn_entries import TurnEntries


class Turns(Doubting):
    """What is shown, as groups of entries: a turn, or a note that belongs to none."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: list[TurnEntries | Quiet] = []
        self._sizes: list[int] = []
        """Entries of each group."""
        self._turns: dict[str, int] = {}
        """Group of each turn."""

    @property
    def last_turn(self) -> Turn | None:
        """The newest question."""
        return self._turn(list(self._turns)[-1]) if self._turns else None

    @property
    def turns(self) -> list[Turn]:
        """All that are shown, oldest first."""
        return [self._turn(run) for run in self._turns]

    @property
    def turn_at_cursor(self) -> Turn | None:
        """The question that the cursor is in, or its answer."""
        return self._turn_of(self.current)

    def turn(self, run: str) -> Turn | None:
        """The question with this run; None for an unknown one."""
        return self._turn(run) if run in self._turns else None

    def citation(self, n: int | None = None) -> tuple[Citation, Passage] | None:
        """A citation of the newest answer that has it; None: the first of the newest answer with any."""
        return next((found for run in reversed(self._turns) if (found := self._turn(run).citation(n))), None)

    def source_beside(self, citation: Citation, step: int) -> tuple[Citation, Passage] | None:
        """The source `step` places behind this one in the list of its answer; None beyond the ends of the list."""
        for run in reversed(self._turns):
            turn = self._turn(run)
            if any(each is citation for each in turn.citations):
                sources = turn.sources
                place = next(n + step for n, (each, _) in enumerate(sources) if each is citation)
                return sources[place] if 0 <= place < len(sources) else None
        return None

    def show_found(self, run: str, words: Collection[str]) -> tuple[int, int]:
        """Shows the place of a turn with these words, which are marked: which paragraph with one, of how many.

        (0, 0) where the turn is not here, or the words are not.
        """
        if run not in self._turns:
            return 0, 0
        first = sum(self._sizes[: self._turns[run]])
        place = self.show_words(words, first) if words else (0, 0)
        if not place[0]:
            self.go(self.layout_of_lines.top(first))
        return place

    def _turn(self, run: str) -> Turn:
        group = self._groups[self._turns[run]]
        assert isinstance(group, TurnEntries)
        return group.turn

    def _turn_of(self, entry: Entry | None) -> Turn | None:
        if entry is None or entry not in self.layout_of_lines.entries:
            return None
        index = self.layout_of_lines.entries.index(entry)
        for group, size in zip(self._groups, self._sizes, strict=True):
            if (index := index - size) < 0:
                return group.turn if isinstance(group, TurnEntries) else None
        return None
