"""What the transcript holds: turns and notes are put into their places, as they come and as they were kept."""

from collections.abc import Callable, Sequence

from docmind.agents.protocol import Branches, KeptTurn

from .entries import Entry, Quiet
from .turn import Turn
from .turn_entries import TurnEntries
from .turns import Turns


class Contents(Turns):
    """Turns and notes, in the order in which they came."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds, monotonic."""
        super().__init__()
        self._clock = clock
        self._dirty: dict[str, None] = {}
        """Turns that have changed since they were shown."""

    def ask(self, run: str, question: str) -> None:
        """A new question, shown at the end; its answer is followed."""
        self._add(TurnEntries(Turn(run, question, heard_at=self._clock())))
        self.follow()

    def note(self, text: str, *, error: bool = False) -> None:
        """A line that belongs to no question."""
        self._add(Quiet(text, "error" if error else "muted"))

    def reply(self, text: str) -> None:
        """A note that a command has asked for: it is shown, wherever the text was being read."""
        self.note(text)
        self.follow()

    def load(self, turns: Sequence[Turn]) -> None:
        """Adds finished turns, as a saved chat has them."""
        first = len(self.layout_of_lines.entries)
        for turn in turns:
            self._append(TurnEntries(turn))
        self.settle(None, 0)
        self.doubt(self.layout_of_lines.entries[first:])

    def recall(self, kept: Sequence[KeptTurn], branches: Branches | None = None) -> None:
        """Shows turns as they are kept: in the place of their former selves, and before questions that only wait."""
        new = {turn.run: self._recalled(turn, branches or {}) for turn in kept}
        stay = list[TurnEntries | Quiet]()
        for group in self._groups:
            if isinstance(group, TurnEntries) and group.turn.run in new:
                stay.append(group.renewed(new.pop(group.turn.run)))
            elif not (isinstance(group, TurnEntries) and group.turn.is_waiting):
                stay.append(group)
        self._regroup([*stay, *map(TurnEntries, new.values()), *self._waiting(kept)])

    def branch(self, after: str | None, kept: Sequence[KeptTurn], branches: Branches) -> None:
        """Another branch: these turns take the place of all that stands behind `after`, but for what only waits."""
        stay = self._groups[: self._turns[after] + 1] if after in self._turns else []
        new = [TurnEntries(self._recalled(turn, branches)) for turn in kept]
        self._regroup([*stay, *new, *self._waiting(kept)])

    def place(self, run: str, parent: str | None, beside: Sequence[str]) -> None:
        """Where the question stands among the others."""
        turn = self._turn(run)
        turn.parent, turn.beside = parent, list(beside)
        self._update(self._turns[run])
        self.refresh()

    def _recalled(self, kept: KeptTurn, branches: Branches) -> Turn:
        turn = Turn.recalled(kept, self._clock())
        turn.beside = branches.get(kept.run, [])
        return turn

    def _waiting(self, kept: Sequence[KeptTurn]) -> list[TurnEntries]:
        """Questions that the engine has not told of yet."""
        known = {turn.run for turn in kept}
        turns = [group for group in self._groups if isinstance(group, TurnEntries)]
        return [group for group in turns if group.turn.is_waiting and group.turn.run not in known]

    def _regroup(self, groups: Sequence[TurnEntries | Quiet]) -> None:
        self.layout_of_lines.replace(0, len(self.layout_of_lines.entries), [])
        self._groups, self._sizes, self._turns, self._dirty = [], [], {}, {}
        for each in groups:
            self._append(each)
        self.settle(None, 0)
        self.doubt(self.layout_of_lines.entries)

    def clear(self) -> None:
        """Nothing is left."""
        self.layout_of_lines.replace(0, len(self.layout_of_lines.entries), [])
        self._groups, self._sizes, self._turns, self._dirty = [], [], {}, {}
        self.unmark()
        self.follow()
        self.refresh()

    def _add(self, group: TurnEntries | Quiet) -> None:
        place = self._place()
        self.settle(place, self._append(group))

    def _append(self, group: TurnEntries | Quiet) -> int:
        """Returns the first line that changes."""
        if isinstance(group, TurnEntries):
            self._turns[group.turn.run] = len(self._groups)
        new = self._entries_of(group)
        self._groups.append(group)
        self._sizes.append(len(new))
        return self.layout_of_lines.replace(len(self.layout_of_lines.entries), 0, new)

    def _entries_of(self, group: TurnEntries | Quiet) -> list[Entry]:
        return group.update(self._clock()) if isinstance(group, TurnEntries) else [group]

    def _update(self, number: int) -> None:
        place = self._place()
        after = sum(self._sizes[number:])
        new = self._entries_of(self._groups[number])
        first = len(self.layout_of_lines.entries) - after
        changed = self.layout_of_lines.replace(first, self._sizes[number], new)
        self._sizes[number] = len(new)
        if changed < self.layout_of_lines.height or place:
            self.settle(place, changed)
