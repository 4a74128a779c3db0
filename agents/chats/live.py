"""A chat in memory: its turns, what is being answered in it, and who looks at it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from ..errors import Code, DocmindError
from ..mistake import mistake
from ..protocol import (
    CANCELLED,
    AnyEvent,
    AnyRunEvent,
    Ask,
    Asked,
    ChatInfo,
    Continued,
    Entered,
    Failed,
    KeptTurn,
    Listed,
    Prompted,
    State,
)
from ..text import one_line
from .journal import Journal
from .live_turn import Exchange, LiveTurn, newest
from .summaries import Summaries
from .tree import Tree

LONGEST_TITLE = 80
"""Characters of a first question that make the title."""
Listener = Callable[[AnyEvent], None]
Work = Callable[[KeptTurn, Sequence[Exchange], Callable[[AnyRunEvent], None]], Awaitable[None]]
"""Answers one question: gets its turn with what has happened in it so far, what was said before, and what takes its
events, of which Answered or Failed is last."""


class LiveChat:
    """Its questions are answered one after the other, whether or not whoever asked is still there."""

    def __init__(self, info: ChatInfo, turns: Iterable[KeptTurn], journal: Journal | None, data_dir: Path) -> None:
        """`info`, `turns`: as they were kept, or of a new chat. `journal`: None where nothing is to be kept."""
        self.info, self._journal, self._data_dir = info, journal, data_dir
        self._turns = Tree((turn.run, LiveTurn(turn)) for turn in turns)
        self._listeners: dict[Listener, None] = {}
        self._work: dict[str, asyncio.Task[None]] = {}
        self._answering = asyncio.Lock()
        self._unseen, self.touched = False, True
        """`touched`: somebody did something here since the last answer; who only listens may be on a dead line."""
        self.summaries = Summaries(journal)
        """What stands for its older turns in prompts that have no room for them."""

    @property
    def is_busy(self) -> bool:
        """Whether a question is being answered, or waits for that."""
        return bool(self._work)

    @property
    def is_awaited(self) -> bool:
        """Whether an answer is on its way, or came while nobody was looking, as far as can be known."""
        return self.is_busy or self._unseen or (bool(self._listeners) and not self.touched)

    @property
    def is_needed(self) -> bool:
        """Whether it is to stay in memory."""
        return self.is_awaited or bool(self._listeners)

    @property
    def untitled(self) -> Exchange | None:
        """What a title is to be made of: the first question that has an answer; None where none is wanted."""
        if not self._journal or self.info.titled_by != "question":
            return None
        path = reversed(list(self._turns.back_from(self.info.head)))
        return next((turn.exchange for turn in path if turn.turn.state == "done"), None)

    def entitle(self, title: str) -> None:
        """A title by a model, unless the user has given one meanwhile."""
        if self.info.titled_by != "user":
            if self._journal:
                self._journal.entitle(self.info.id, title)
            self.relist(msgspec.structs.replace(self.info, title=title, titled_by="model"))

    def relist(self, kept: ChatInfo) -> None:
        """Takes over what a list says of it: its title, and whether it is pinned, archived or deleted."""
        listed = {name: getattr(kept, name) for name in ("title", "titled_by", "pinned", "archived", "deleted_at")}
        self.info = msgspec.structs.replace(self.info, **listed)
        self.tell(Listed(chat=self.info))

    def enter(self, listener: Listener, notice: str = "") -> None:
        """Tells it what the chat holds, with this notice. From then on it hears what happens."""
        path = list(self._turns.back_from(self.info.head))
        turns = [turn.whole() for turn in newest(path)]
        branches, earlier = self._turns.branches(turns), len(path) - len(turns)
        listener(Entered(chat=self.info, turns=turns, earlier=earlier, notice=notice, branches=branches))
        self._listeners[listener] = None
        self._unseen, self.touched = False, True

    def leave(self, listener: Listener) -> None:
        """It hears nothing more; what is being answered goes on."""
        self._listeners.pop(listener, None)

    def tell(self, event: AnyEvent) -> None:
        """Every listener hears it."""
        for listener in list(self._listeners):
            listener(event)

    def ask(self, ask: Ask, work: Work) -> asyncio.Task[None] | None:
        """Answers after the questions before; None for a run that is known already. Raises DocmindError (USAGE)."""
        if ask.run in self._turns:
            return None
        parent = self.info.head if ask.parent is None else ask.parent or None
        if parent and parent not in self._turns:
            raise DocmindError(Code.USAGE, "The question that this one follows is not in this chat.")
        self._note_question(ask, parent)
        return self._begin(ask.run, work)

    def go_on(self, run: str, work: Work) -> asyncio.Task[None] | None:
        """Takes an answer up that was stopped or broke off; None for any other. Raises DocmindError (USAGE)."""
        if run not in self._turns:
            raise DocmindError(Code.USAGE, "The answer that is to go on is not in this chat.")
        turn = self._turns[run]
        if turn.goes_on or turn.turn.state == "done":
            return None
        turn.go_on()
        if self._journal:
            self._journal.go_on(run)
        if run == self.info.head:
            self._change(state="going on")
        self._hear(Continued(run=run, length=len(turn.turn.answer)))
        return self._begin(run, work)

    def _begin(self, run: str, work: Work) -> asyncio.Task[None]:
        task = self._work[run] = asyncio.create_task(self._answer(run, work))
        task.add_done_callback(lambda task: self._done(run, task))
        return task

    def show(self, run: str, listener: Listener) -> None:
        """The branch with this turn, to the newest below it; more of it for who has too little of it.

        Raises DocmindError (USAGE).
        """
        if run not in self._turns:
            raise DocmindError(Code.USAGE, "The question that is to be shown is not in this chat.")
        before = list(self._turns.back_from(self.info.head))
        if any(turn.turn.run == run for turn in before):
            if all(turn.turn.run != run for turn in newest(before)):
                listener(self._turns.branched(None, before, run))
            return
        head = self._turns.newest_below(run).turn
        turned = self._turns.turned(self.info.head, head.run, run)
        self.info = msgspec.structs.replace(self.info, head=head.run, state=head.state, profile=head.profile)
        if self._journal:
            self._journal.write(lambda store: store.set_head(self.info.id, head.run))
        self.tell(turned)

    def beside(self, run: str) -> list[KeptTurn]:
        """The turn and those in its place on other branches, in the order in which they were asked."""
        return [turn.whole() for turn in self._turns.beside(run)] if run in self._turns else []

    def cancel(self, run: str) -> None:
        """Stops it, if it is being answered here."""
        if task := self._work.get(run):
            self._turns[run].stopped = True
            task.cancel()

    async def stop(self) -> None:
        """Ends what is being answered; it counts as broken off, not as stopped."""
        tasks = list(self._work.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _note_question(self, ask: Ask, parent: str | None) -> None:
        """Where it is kept first of all."""
        now = time.time()
        chat, new = self.info, not self._turns
        turn = KeptTurn(run=ask.run, parent=parent, question=ask.question, asked_at=now, state="going on", chat=chat.id)
        self._turns[ask.run] = LiveTurn(turn)
        if parent != chat.head:
            self.tell(self._turns.turned(chat.head, parent, parent or ""))
        title = one_line(ask.question, LONGEST_TITLE) if new else chat.title
        if chat.archived or chat.deleted_at is not None:  # it is back, as in the store
            self.relist(msgspec.structs.replace(chat, archived=False, deleted_at=None))
        self._change(title=title, head=ask.run, turns=chat.turns + 1, state="going on")
        if self._journal:
            if new:
                self._journal.begin(self.info)
            self._journal.ask(ask.run, chat.id, parent, ask.question, now)
        self.tell(
            Asked(run=ask.run, parent=parent, question=ask.question, at=now, branches=self._turns.branches([turn]))
        )

    async def _answer(self, run: str, work: Work) -> None:
        """Whatever happens, it ends in an event."""
        try:
            if self._answering.locked():
                self._hear(State(run=run, state="queued"))
            async with self._answering:
                await work(self._turns[run].whole(), self.past(self._turns[run].turn.parent), self._hear)
        except asyncio.CancelledError:
            self._hear(self._broken_off(run))
        except Exception as error:
            self._hear(mistake(run, error, self._data_dir))

    def _done(self, run: str, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # before its first step
            self._hear(self._broken_off(run))
        del self._work[run]
        self._unseen, self.touched = not self._listeners, False

    def _broken_off(self, run: str) -> Failed:
        if self._turns[run].stopped:
            return Failed(run=run, code=CANCELLED, message="Stopped.")
        message = "The engine was stopped before the answer was complete."
        return Failed(run=run, code=Code.ENGINE_LOST, message=message, hint="Continue it, or ask again.")

    def _hear(self, event: AnyRunEvent) -> None:
        """What happens to a question: noted, kept, told."""
        turn = self._turns[event.run]
        timed = turn.take(event)
        if self._journal:
            self._journal.append(event.run, timed)
            if not turn.goes_on:
                self._journal.finish(event.run)
        if not turn.goes_on and event.run == self.info.head:
            self._change(state=turn.turn.state, profile=turn.turn.profile)
        if not isinstance(event, Prompted):
            self.tell(event)

    def _change(self, **changes: object) -> None:
        self.info = msgspec.structs.replace(self.info, changed_at=time.time(), **changes)

    def past(self, until: str | None) -> list[Exchange]:
        """What was said up to this turn, oldest first; what has no text yet says nothing."""
        path = reversed(list(self._turns.back_from(until)))
        return self.summaries.beside(turn.exchange for turn in path if turn.exchange.said)
