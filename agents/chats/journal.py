"""The journal: writes chats while they happen. The event loop hands things over, a thread writes them.

A question and the end of a turn are written at once, what is said in between every EVERY_S. What cannot be written
waits in memory, in its order, and is tried again.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from ..errors import DocmindError
from .records import ChatInfo, Summary, TimedEvent, TurnState
from .secrets import Secrets, Veil, of_environment
from .writing import ChatWriter

EVERY_S = 0.3
"""Text is written at most so often; with the writing itself, less than a second of it is lost by a kill."""
RETRY_S = 3.0
"""Pause after a failure."""
_LAST_TRIES, _LAST_PAUSE_S = 3, 0.5
"""At the end, before what could not be written is lost."""
_CLOSE_S = 5.0
"""Longest wait for the last things to be written."""

Write = Callable[[ChatWriter], object]
log = logging.getLogger(__name__)


class _Said(NamedTuple):
    run: str
    event: TimedEvent


class _Ended(NamedTuple):
    run: str
    state: TurnState | None


class _Hide(NamedTuple):
    values: frozenset[str]


@dataclass
class _Events:
    """Events of one turn that come in a row, which become one row of the store."""

    run: str
    events: list[TimedEvent]

    def __call__(self, store: ChatWriter) -> None:
        store.append(self.run, self.events)


class Journal:
    """Every method but `close` returns at once and never raises."""

    def __init__(
        self,
        file: Path,
        told: Callable[[str], object],
        listed: Callable[[], object] = lambda: None,
        retry_s: float = RETRY_S,
    ) -> None:
        """Both are called in the journal's thread. `told`: with why chats are not saved, with "" when all is again.

        `listed`: when more was written than what is said in an answer. Secrets of the environment are not written.
        """
        self._file, self._told, self._listed, self._retry_s = file, told, listed, retry_s
        self._inbox: deque[_Said | _Ended | _Hide | Write] = deque()
        self._something, self._urgent, self._closing = threading.Event(), threading.Event(), threading.Event()
        self._secrets = Secrets(of_environment(os.environ))
        self._veils: dict[str, Veil] = {}
        self._waiting: list[Write] = []
        self._store: ChatWriter | None = None
        self._inode = 0
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> str:
        """Why something cannot be written, which would be lost with the process; empty when all is well."""
        return self._problem

    def hide(self, values: Iterable[str]) -> None:
        """Secrets that are not written from now on, such as API keys."""
        self._put(_Hide(frozenset(values)))

    def begin(self, chat: ChatInfo) -> None:
        """A chat, before its first question."""
        self.write(lambda store: store.begin(msgspec.structs.replace(chat, title=self._secrets.hide(chat.title))))

    def ask(self, run: str, chat: str, parent: str | None, question: str, at: float) -> None:
        """A question; `at` is its Unix time, in seconds."""
        self.write(lambda store: store.ask(run, chat, parent, self._secrets.hide(question), at))

    def summarise(self, summary: Summary) -> None:
        """What stands for a turn and all before it."""
        self.write(
            lambda store: store.summarise(msgspec.structs.replace(summary, text=self._secrets.hide(summary.text)))
        )

    def go_on(self, run: str) -> None:
        """A turn that had ended goes on again."""
        self.write(lambda store: store.go_on(run))

    def entitle(self, chat: str, title: str) -> None:
        """A title by a model: one that the user gave stays."""
        self.write(lambda store: store.rename(chat, self._secrets.hide(title), "model"))

    def append(self, run: str, event: TimedEvent) -> None:
        """Something that has happened in a turn."""
        self._put(_Said(run, event), urgent=False)

    def finish(self, run: str, state: TurnState | None = None) -> None:
        """The turn has ended; without `state` its last event says how."""
        self._put(_Ended(run, state))

    def write(self, work: Write) -> None:
        """Any other change, in its place between the others."""
        self._put(work)

    def close(self) -> None:
        """Waits for what has been handed over, but not for ever: the disk may hang."""
        for event in (self._closing, self._urgent, self._something):
            event.set()
        self._thread.join(_CLOSE_S)

    def _put(self, message: _Said | _Ended | _Hide | Write, urgent: bool = True) -> None:
        """To wake a thread costs more than the rest: once for what is said within EVERY_S is enough."""
        self._inbox.append(message)
        for event in (self._urgent, self._something) if urgent else (self._something,):
            if not event.is_set():
                event.set()

    def _run(self) -> None:
        closing = False
        while not closing:
            self._wait()
            closing = self._closing.is_set()  # what came before that is in the inbox
            while self._inbox:
                try:
                    self._take(self._inbox.popleft())
                except Exception:  # whatever is wrong with one of them, the others are written
                    log.exception("a part of a chat cannot be saved")
            self._write()
        for _ in range(_LAST_TRIES if self._waiting else 0):
            time.sleep(min(self._retry_s, _LAST_PAUSE_S))
            self._write()
        if self._waiting:
            log.error("The last of a chat is lost. %s", self._problem)
        self._let_go()

    def _wait(self) -> None:
        """Until something has to be written."""
        if self._problem:
            self._closing.wait(self._retry_s)
        else:
            self._something.wait()
            self._urgent.wait(EVERY_S)
        self._something.clear()
        self._urgent.clear()

    def _take(self, message: _Said | _Ended | _Hide | Write) -> None:
        match message:
            case _Hide():
                self._secrets.add(message.values)
            case _Said(run, event):
                self._add(run, self._veil(run).take(event))
            case _Ended(run, state):
                self._add(run, self._veil(run).close())
                del self._veils[run]
                self._waiting.append(lambda store: store.finish(run, state))
            case _:
                self._waiting.append(message)

    def _veil(self, run: str) -> Veil:
        return self._veils.setdefault(run, Veil(self._secrets))

    def _add(self, run: str, events: list[TimedEvent]) -> None:
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, _Events) and last.run == run:
            last.events.extend(events)
        elif events:
            self._waiting.append(_Events(run, events))

    def _write(self) -> None:
        """All that waits, in one transaction; where a part of it is a mistake of ours, each part in its own."""
        whole = True
        while self._waiting:
            part = self._waiting if whole else self._waiting[:1]
            try:
                self._commit(part)
            except DocmindError as error:
                self._tell(f"{error.message} {error.hint}")
                return
            except Exception:
                log.exception("a part of a chat cannot be saved")
                if whole:
                    whole = False
                    continue
            if not all(isinstance(write, _Events) for write in part):
                self._tell_of(self._listed)
            del self._waiting[: len(part)]
        self._tell("")

    def _commit(self, writes: list[Write]) -> None:
        try:
            store = self._opened()
            with store.transaction():
                for write in writes:
                    write(store)
        except BaseException:
            self._let_go()
            raise

    def _opened(self) -> ChatWriter:
        """Opened anew when the file was replaced or deleted: what is written to the old one would be lost."""
        if self._store and (not self._file.exists() or self._file.stat().st_ino != self._inode):
            self._let_go()
        if not self._store:
            self._store = ChatWriter(self._file)
            self._inode = self._file.stat().st_ino
        return self._store

    def _let_go(self) -> None:
        if self._store:
            self._store.close()
            self._store = None

    def _tell(self, problem: str) -> None:
        """Once for each problem, and once when it is over."""
        before, self._problem = self._problem, problem
        if bool(problem) != bool(before):
            self._tell_of(lambda: self._told(problem))

    def _tell_of(self, tell: Callable[[], object]) -> None:
        try:
            tell()
        except Exception:
            log.exception("nobody could be told of what is saved, or is not: %s", self._problem)
