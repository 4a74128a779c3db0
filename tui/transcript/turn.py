"""A question with all that belongs to its answer: pure data, and how the engine's events change it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from docmind.agents.errors import Code
from docmind.agents.protocol import (
    CANCELLED,
    Answered,
    Continued,
    Failed,
    KeptTurn,
    Planned,
    Retracted,
    RunEvent,
    State,
    Switched,
    Thought,
    Token,
    ToolCalled,
    ToolReturned,
)
from docmind.agents.records import Citation, Passage

from ..telling import continued, switched
from .blocks import is_open
from .parts import Answer, Call, Note, Part, Thinking

_BROKEN, _HINT = "The engine ended before the answer was complete.", "What was said is kept, and can be continued."


@dataclass(eq=False)
class Turn:
    """Parts stand in the order of their arrival. Times are of any monotonic clock, in seconds."""

    run: str
    question: str
    parts: list[Part] = field(default_factory=list)
    state: State | None = None
    """What is done for it now; None: it was only sent."""
    end: Answered | Failed | None = None
    plan: Planned | None = None
    """Which profiles were to be asked."""
    switches: list[Switched] = field(default_factory=list)
    """From which profile to which the question went, and why."""
    parent: str | None = None
    """The question before it; None: it is a first one, or the engine has not said yet."""
    beside: list[str] = field(default_factory=list)
    """All that were asked in its place, itself included, where there is more than one."""
    heard_at: float = 0.0
    """When the last event came."""

    @property
    def answer(self) -> str:
        """The text of the answer, as far as it goes."""
        return "".join(part.text for part in self.parts if isinstance(part, Answer))

    @property
    def stopped(self) -> bool:
        """Whether the user has stopped it."""
        return isinstance(self.end, Failed) and self.end.code == CANCELLED

    @property
    def branch(self) -> str:
        """`2 of 3`: which one it is of those in its place; empty where it is the only one."""
        return f"{self.beside.index(self.run) + 1} of {len(self.beside)}" if self.run in self.beside else ""

    @property
    def is_waiting(self) -> bool:
        """Whether the engine has not taken it up yet."""
        return self.state is None and self.end is None

    @property
    def passages(self) -> dict[int, Passage]:
        """The passages that the model was shown, by their numbers."""
        returned = [part.returned for part in self.parts if isinstance(part, Call)]
        return {passage.n: passage for each in returned if each for passage in each.passages}

    @property
    def citations(self) -> list[Citation]:
        """As they stand below the answer, checked; none before it is done."""
        return self.end.citations if isinstance(self.end, Answered) else []

    @property
    def sources(self) -> list[tuple[Citation, Passage]]:
        """The citations with their passages."""
        return self._with_passages(self.citations)

    def citation(self, n: int | None) -> tuple[Citation, Passage] | None:
        """The source with this number, by default the first; None for an unknown one."""
        wanted = [citation for citation in self.citations if n in (None, citation.n)]
        return next(iter(self._with_passages(wanted)), None)

    def _with_passages(self, citations: Sequence[Citation]) -> list[tuple[Citation, Passage]]:
        """Those of which a passage was shown to the model; nothing is unpacked for none."""
        passages = self.passages if citations else {}
        return [(citation, passages[citation.n]) for citation in citations if citation.n in passages]

    def pack(self) -> None:
        """It is done: texts and passages, which are read only when they are opened or copied, take less memory."""
        for part in self.parts:
            if isinstance(part, Answer | Thinking | Call):
                part.pack()
        self.state = None
        if isinstance(self.end, Answered):
            # The parts and the switches tell the same.
            self.end = replace(self.end, answer="", steps=[], attempts=[])

    @classmethod
    def recalled(cls, kept: KeptTurn, now: float) -> "Turn":
        """As it was kept. What came last counts as having come just now."""
        turn = cls(kept.run, kept.question, parent=kept.parent)
        began = now - kept.events[-1].at if kept.events else now
        for timed in kept.events:
            turn.take(timed.event, began + timed.at)
        turn.heard_at = now
        if kept.state == "broken" and not turn.end:
            turn.end = Failed(run=kept.run, code=Code.ENGINE_LOST, message=_BROKEN, hint=_HINT)
        return turn

    def take(self, event: RunEvent, now: float) -> None:
        """What has happened."""
        self.heard_at = now
        match event:
            case State():
                self.state = event
            case Planned():
                self.plan, self.switches = event, []  # an answer that is continued has a plan of its own
            case Token():
                self._answer().text += event.text
            case Thought():
                self._thinking(now).text += event.text
            case ToolCalled():
                self.parts.append(Call(event))
            case ToolReturned():
                self._return(event)
            case Retracted():
                self._retract(event)
            case Switched():
                self._switch(event)
            case Continued():
                self._go_on(event)
            case Answered():
                self._finish(event)
            case Failed():
                self.end = event

    def _answer(self) -> Answer:
        """The piece that grows."""
        if not (self.parts and isinstance(self.parts[-1], Answer)):
            self.parts.append(Answer())
        piece = self.parts[-1]
        assert isinstance(piece, Answer)
        return piece

    def _thinking(self, now: float) -> Thinking:
        if not (self.parts and isinstance(self.parts[-1], Thinking)):
            self.parts.append(Thinking(now))
        thinking = self.parts[-1]
        assert isinstance(thinking, Thinking)
        thinking.ended = now
        return thinking

    def _return(self, event: ToolReturned) -> None:
        for part in self.parts:
            if isinstance(part, Call) and part.called.call == event.call:
                part.returned = event

    @property
    def _latest(self) -> int:
        """The number of the first part since the last tool returned."""
        calls = [number for number, part in enumerate(self.parts) if isinstance(part, Call) and part.returned]
        return calls[-1] + 1 if calls else 0

    def _retract(self, event: Retracted) -> None:
        """Takes back text since the last tool returned."""
        first = self._latest
        if event.last is not None:
            self._cut(first, event.last)
            return
        gone = (Answer, Thinking) if event.thoughts else (Answer,)
        self.parts[first:] = [part for part in self.parts[first:] if not isinstance(part, gone)]

    def _cut(self, first: int, left: int) -> None:
        """Takes the last `left` characters of the answer away; a piece that is shortened is a new one."""
        for number in range(len(self.parts) - 1, first - 1, -1):
            part = self.parts[number]
            if isinstance(part, Answer) and left:
                stays = max(len(part.text) - left, 0)
                left -= len(part.text) - stays
                self.parts[number] = Answer(part.text[:stays])

    def _switch(self, event: Switched) -> None:
        """Quietly where the answer is continued, and above it where a note would tear a fence or a table apart."""
        self.switches.append(event)
        if not event.continues:
            self.parts.append(Note(switched(event)))
            return
        self._mark(f"─ {continued(event)} ─")

    def _go_on(self, event: Continued) -> None:
        """What was said stays; a call that had not returned is made anew."""
        how = "stopped" if self.stopped else "broke off"
        self.end, self.state = None, State(run=self.run, state="queued")
        self._cut(0, max(len(self.answer) - event.length, 0))
        self.parts = [part for part in self.parts if not (isinstance(part, Call) and part.returned is None)]
        if self.parts and isinstance(last := self.parts[-1], Answer):
            self.parts[-1] = Answer(last.text)  # that one was closed
        if self.answer.strip():
            self._mark(f"─ {how}; taken up again ─")

    def _mark(self, seam: str) -> None:
        """A note at the end of the text, or above it where it would tear a fence or a table apart."""
        last = self.parts[-1] if self.parts else None
        torn = isinstance(last, Answer) and is_open(last.text)
        self.parts.insert(len(self.parts) - torn, Note(seam))

    def _finish(self, answered: Answered) -> None:
        """The finished answer stands where the streamed one stood; they differ where a mark was corrected."""
        self.end = answered
        if self.answer.strip() != answered.answer.strip():
            self.parts = [part for part in self.parts if not isinstance(part, Answer)]
            self.parts.append(Answer(answered.answer))
