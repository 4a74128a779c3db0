"""The transcript: one widget for the whole chat. What it costs to show a token does not depend on its length."""

import time
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.timer import Timer

from docmind.agents.protocol import AnyEvent, RunEvent, Thought, Token
from docmind.agents.records import Citation, Passage

from ..keymap import bindings
from .contents import Contents
from .entries import Entry, Foldable, SourceLine
from .fences import fence_around

FLUSH_S = 0.08
"""Text is shown at most so often, in seconds: more is not seen, and costs bytes."""


class Transcript(Contents):
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

    class CommandWanted(Message):
        """A command of the chat was given by a key of the text."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class BranchWanted(Message):
        """Another branch is to be shown: the one with this turn."""

        def __init__(self, run: str) -> None:
            super().__init__()
            self.run = run

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds, monotonic; tests have their own."""
        super().__init__(clock)
        self._flush_timer: Timer | None = None
        self._flushed_at = 0.0

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

    def action_edit_question(self) -> None:
        self.post_message(self.CommandWanted("edit"))

    def action_quote_answer(self) -> None:
        self.post_message(self.CommandWanted("quote"))

    def action_next_branch(self) -> None:
        self._want_branch(1)

    def action_previous_branch(self) -> None:
        self._want_branch(-1)

    def _want_branch(self, step: int) -> None:
        """At the question of the cursor, else at the last that has several."""
        turn = self.turn_at_cursor or next((turn for turn in reversed(self.turns) if turn.beside), None)
        if turn and turn.run in turn.beside:
            place = turn.beside.index(turn.run) + step
            if 0 <= place < len(turn.beside):
                self.post_message(self.BranchWanted(turn.beside[place]))
        else:
            self.notify("This question was asked only once.", markup=False)

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
