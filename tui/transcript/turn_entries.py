"""Turns a Turn into the entries that show it. What has not changed keeps its entry, with the lines it has drawn."""

from functools import partial
from itertools import pairwise

from docmind.agents.errors import Code
from docmind.agents.protocol import Answered, Failed

from ..doing import state_words
from ..telling import call, failure, outcome, summary
from .blocks import Splitter
from .entries import Entry, Foldable, Markdown, Question, Quiet, SourceLine, passages_told
from .parts import Answer, Call, Note, Part, Thinking
from .turn import Turn

SHORT_S = 0.5
"""A thought that took less, in seconds, is not worth a line."""
STALLED_S = 5.0
"""Silence after which an answer counts as stalled, in seconds."""

_TO_DO = "/again asks once more, /model chooses another profile; what was said stays."


class _AnswerEntries:
    """The blocks of a piece of the answer; only new text is looked at."""

    def __init__(self) -> None:
        self._splitter, self._taken = Splitter(), 0
        self._closed: list[Entry] = []
        self._tail: Markdown | None = None

    def update(self, text: str, *, closed: bool) -> list[Entry]:
        self._closed += map(Markdown, self._splitter.feed(text[self._taken :]))
        self._taken = len(text)
        if closed:
            self._closed += map(Markdown, self._splitter.close())
        tail = self._splitter.tail
        if not tail.source.strip():
            self._tail = None
        elif not self._tail or self._tail.block != tail:
            self._tail = Markdown(tail)
        return [*self._closed, self._tail] if self._tail else self._closed


class TurnEntries:
    """`update` gives the entries of the turn as it is now."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self._question = Question(turn.question)
        self._answers: dict[Answer, _AnswerEntries] = {}
        self._folds: dict[Part, tuple[tuple[str, str, int], Foldable]] = {}
        self._notes: dict[Note, Quiet] = {}
        self._waiting = Quiet("")
        self._end: list[Entry] | None = None

    def renewed(self, turn: Turn) -> "TurnEntries":
        """What shows it as it is kept. Where an engine has died, more was shown than it had kept: that stays."""
        if not isinstance(turn.end, Failed) or not self.turn.answer.startswith(turn.answer):
            return TurnEntries(turn)
        self.turn.end = self.turn.end or turn.end
        self.turn.parent, self.turn.beside = turn.parent, turn.beside
        return self

    def update(self, now: float) -> list[Entry]:
        """`now`: on the clock of the turn's times, in seconds."""
        self._question.show_branch(self.turn.branch)
        entries: list[Entry] = [self._question]
        for part in self.turn.parts:
            entries += self._of(part)
        if doing := self._doing(now):
            if self._waiting.text != doing:
                self._waiting = Quiet(doing)
            entries.append(self._waiting)
        if not self.turn.end:
            self._end = None
        else:
            if self._end is None:
                self._end = self._ending(self.turn.end)
                self.turn.pack()
            entries += self._end
        for before, entry in pairwise(entries):
            if isinstance(entry, Foldable) and isinstance(before, Foldable):
                entry.gap = False
        return entries

    def _of(self, part: Part) -> list[Entry]:
        match part:
            case Answer():
                answers = self._answers.setdefault(part, _AnswerEntries())
                return answers.update(part.text, closed=part is not self.turn.parts[-1] or bool(self.turn.end))
            case Thinking():
                seconds = part.ended - part.began
                title = f"thought for {max(seconds, 1):.0f} s"
                return [self._fold(part, title, size=len(part.text.strip()))] if seconds >= SHORT_S else []
            case Call(called, None):
                return [self._fold(part, f"{call(called, None)} …")]
            case Call(called, returned):
                assert returned
                return [self._fold(part, call(called, returned), outcome(returned), len(returned.passages))]
            case Note():
                return [self._notes.setdefault(part, Quiet(part.text))]

    def _fold(self, part: Thinking | Call, title: str, result: str = "", size: int = 0) -> Foldable:
        """The same one while it says the same; a changed one stays open. `size` of what is inside: it only grows."""
        known, says = self._folds.get(part), (title, result, size)
        if known and known[0] == says:
            return known[1]
        fold = Foldable(title, partial(_inside, part) if size else None, result)
        fold.open = bool(known and known[1].open)
        self._folds[part] = (says, fold)
        return fold

    def _doing(self, now: float) -> str:
        """What is done before there is any text, and that nothing has come for a while."""
        turn = self.turn
        if turn.end:
            return ""
        silent = now - turn.heard_at
        if turn.state and turn.state.state in ("thinking", "writing") and silent >= STALLED_S:
            return f"stalled: nothing for {silent:.0f} s"
        match turn.parts[-1:]:
            case [Answer()] | [Call(returned=None)]:
                return ""  # its own line says so
        return f"{state_words(turn.state)} …" if turn.state else "waiting for the engine …"

    def _ending(self, end: Answered | Failed) -> list[Entry]:
        if isinstance(end, Failed):
            if self.turn.stopped:
                return [Quiet("Stopped. What was said stays.")]
            to_do = f"\n{_TO_DO}" if end.code == Code.ALL_FAILED and end.attempts else ""
            return [Quiet(failure(end) + to_do, "error")]
        sources = [
            SourceLine(self.turn, citation, passage, first=not number)
            for number, (citation, passage) in enumerate(self.turn.sources)
        ]
        return [*sources, Quiet(summary(end))]


def _inside(part: Thinking | Call) -> str:
    """What is folded away."""
    if isinstance(part, Thinking):
        return part.text.strip()
    return passages_told(part.returned.passages) if part.returned else ""
