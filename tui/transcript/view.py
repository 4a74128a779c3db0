"""The transcript: one widget for the whole chat. What it costs to show a token does not depend on its length."""

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.timer import Timer

from docmind.agents.protocol import AnyEvent, KeptTurn, RunEvent, Thought, Token
from docmind.agents.records import Citation, Passage

from ..keymap import bindings
from .doubting import Doubting
from .entries import Entry, Foldable, Quiet, SourceLine
from .fences import fence_around
from .turn import Turn
from .turn_entries import TurnEntries

FLUSH_S = 0.08
"""Text is shown at most so often, in seconds: more is not seen, and costs bytes."""


class Transcript(Doubting):
    """Shows turns and notes in the order in which they came."""

    FOCUS_ON_CLICK = False  # who points at the text goes on typing in the prompt

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("transcript")]

    class SourceWanted(Message):
        """A citation was opened."""

        def __init__(self, citation: Citation, passage: Passage) -> None:
            super().__init__()
            self.citation, self.passage = citation, passage

    class CopyWanted(Message):
        """This text is to be copied."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class SearchWanted(Message):
        """The key for searching was pressed, or the one for the next match (`step` 1) or the one before (-1)."""

        def __init__(self, step: int = 0) -> None:
            super().__init__()
            self.step = step

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds, monotonic; tests have their own."""
        super().__init__()
        self._clock = clock
        self._groups: list[TurnEntries | Quiet] = []
        self._sizes: list[int] = []
        """Entries of each group."""
        self._turns: dict[str, int] = {}
        """Group of each turn."""
        self._dirty: dict[str, None] = {}
        self._flush_timer: Timer | None = None
        self._flushed_at = 0.0

    @property
    def last_turn(self) -> Turn | None:
        """The newest question."""
        return self._turn(list(self._turns)[-1]) if self._turns else None

    def turn(self, run: str) -> Turn | None:
        """The question with this run; None for an unknown one."""
        return self._turn(run) if run in self._turns else None

    def citation(self, n: int | None = None) -> tuple[Citation, Passage] | None:
        """A citation of the newest answer that has it; None: the first of the newest answer with any."""
        return next((found for run in reversed(self._turns) if (found := self._turn(run).citation(n))), None)

    def source_beside(self, citation: Citation, step: int) -> tuple[Citation, Passage] | None:
        """The source `step` places behind this one in the list of its answer; None beyond the ends of the list."""
        for run in reversed(self._turns):
            sources = self._turn(run).sources
            place = next((n + step for n, (each, _) in enumerate(sources) if each is citation), None)
            if place is not None:
                return sources[place] if 0 <= place < len(sources) else None
        return None

    def ask(self, run: str, question: str) -> None:
        """A new question, shown at the end; its answer is followed."""
        self._add(TurnEntries(Turn(run, question, heard_at=self._clock())))
        self.follow()

    def note(self, text: str, *, error: bool = False) -> None:
        """A line that belongs to no question."""
        self._add(Quiet(text, "error" if error else "muted"))

    def load(self, turns: Sequence[Turn]) -> None:
        """Adds finished turns, as a saved chat has them."""
        first = len(self.layout_of_lines.entries)
        for turn in turns:
            self._append(TurnEntries(turn))
        self.settle(None, 0)
        self.doubt(self.layout_of_lines.entries[first:])

    def recall(self, kept: Sequence[KeptTurn]) -> None:
        """Shows turns as they are kept: in the place of their former selves, and before questions that only wait."""
        new = {turn.run: Turn.recalled(turn, self._clock()) for turn in kept}
        stay, waiting = list[TurnEntries | Quiet](), list[TurnEntries | Quiet]()
        for group in self._groups:
            if isinstance(group, TurnEntries) and group.turn.run in new:
                group = group.renewed(new.pop(group.turn.run))
            waits = isinstance(group, TurnEntries) and group.turn.is_waiting
            (waiting if waits else stay).append(group)
        self.layout_of_lines.replace(0, len(self.layout_of_lines.entries), [])
        self._groups, self._sizes, self._turns, self._dirty = [], [], {}, {}
        for each in [*stay, *map(TurnEntries, new.values()), *waiting]:
            self._append(each)
        self.settle(None, 0)

    def clear(self) -> None:
        """Nothing is left."""
        self.layout_of_lines.replace(0, len(self.layout_of_lines.entries), [])
        self._groups, self._sizes, self._turns, self._dirty = [], [], {}, {}
        self.unmark()
        self.follow()
        self.refresh()

    def show(self, event: AnyEvent | RunEvent) -> None:
        """Takes an event of a run that was asked here; others are none of its business."""
        if not isinstance(event, RunEvent) or event.run not in self._turns:
            return
        self._turn(event.run).take(event, self._clock())
        self._dirty[event.run] = None
        late = self._clock() - self._flushed_at >= FLUSH_S
        if late or not isinstance(event, Token | Thought):
            self.flush()
        elif not self._flush_timer:
            self._flush_timer = self.set_timer(FLUSH_S, self.flush)

    def flush(self) -> None:
        """Shows what has come."""
        if self._flush_timer:
            self._flush_timer.stop()
            self._flush_timer = None
        self._flushed_at = self._clock()
        dirty, self._dirty = self._dirty, {}
        for run in dirty:
            self._update(self._turns[run])

    def on_mount(self) -> None:
        self.set_interval(1.0, self.tick)

    def tick(self) -> None:
        """Once a second: an answer may have stalled."""
        for run in reversed(self._turns):
            if self._turn(run).end:
                break
            self._update(self._turns[run])

    def _turn(self, run: str) -> Turn:
        group = self._groups[self._turns[run]]
        assert isinstance(group, TurnEntries)
        return group.turn

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

    # --- keys and mouse

    def action_open_stop(self) -> None:
        self._open(self.current)

    def action_copy_answer(self) -> None:
        """Of the question that the cursor is in, else the last one."""
        turn = self._turn_of(self.current) or self.last_turn
        if turn and (text := turn.answer.strip()):
            self.post_message(self.CopyWanted(text))
        else:
            self.notify("There is no answer to copy yet.", markup=False)

    def action_copy_code(self) -> None:
        """The code that the cursor is in, else the last of all."""
        if code := fence_around(self.layout_of_lines.entries, self.current):
            self.post_message(self.CopyWanted(code))
        else:
            self.notify("There is no code here to copy.", markup=False)

    def action_find(self) -> None:
        self.post_message(self.SearchWanted())

    def action_next_hit(self) -> None:
        self.post_message(self.SearchWanted(1))

    def action_previous_hit(self) -> None:
        self.post_message(self.SearchWanted(-1))

    async def _on_click(self, event: events.Click) -> None:
        """On a citation: its source; on something that folds: unfolds it."""
        if self.screen.selections or not self.layout_of_lines.entries:
            return
        number = round(self.scroll_y) + event.get_content_offset_capture(self).y
        if not 0 <= number < self.layout_of_lines.height:
            return
        index, _ = self.layout_of_lines.at(number)
        self.current = self.layout_of_lines.entries[index]
        self._open(self.current)

    def _open(self, entry: Entry | None) -> None:
        """Unfolds or folds it, or wants its source."""
        if isinstance(entry, SourceLine):
            self.post_message(self.SourceWanted(entry.citation, entry.passage))
        elif isinstance(entry, Foldable):
            place = self._place()
            entry.toggle()
            self.redraw(entry)
            self.following = False
            self.settle(place, 0)

    def _turn_of(self, entry: Entry | None) -> Turn | None:
        if entry is None or entry not in self.layout_of_lines.entries:
            return None
        index = self.layout_of_lines.entries.index(entry)
        for group, size in zip(self._groups, self._sizes, strict=True):
            if (index := index - size) < 0:
                return group.turn if isinstance(group, TurnEntries) else None
        return None
