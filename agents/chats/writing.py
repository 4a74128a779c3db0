"""What only the engine writes: questions, and what happens until they are answered."""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ..errors import Code, DocmindError
from ..text import one_line
from . import rows
from .folding import fold
from .records import ChatInfo, KeptTurn, Summary, TimedEvent, TurnState
from .store import ChatStore

_NEXT = "(SELECT coalesce(max(changes), 0) + 1 FROM chat)"
_CHANGED = f"changed_at = max(changed_at, ?), changes = {_NEXT}"
_ADD_CHAT = f"""
INSERT INTO chat(id, title, titled_by, roots, made_at, changed_at, changes, head, profile, pinned, archived, deleted_at)
VALUES (?, ?, ?, ?, ?, ?, {_NEXT}, ?, ?, ?, ?, ?)"""
_ADD_TURN = f"INSERT INTO turn(chat, {rows.TURN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class ChatWriter(ChatStore):
    """The store of the engine; made when it is missing. What goes together is written in one transaction."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, "rwc")
        self._db.execute("PRAGMA cache_size=-2048")  # KiB: what is written is hardly ever read again

    def begin(self, chat: ChatInfo) -> None:
        """A chat without turns; one that is there stays as it is."""
        self._change(f"{_ADD_CHAT} ON CONFLICT DO NOTHING", *_values(chat))

    def ask(self, run: str, chat: str, parent: str | None, question: str, at: float) -> None:
        """A turn that goes on, which becomes the chat's head; one that is there goes on again.

        Nobody asks in a chat that is to be forgotten: one that was deleted or archived is back with its question.
        """
        turn = KeptTurn(run=run, parent=parent, question=question, asked_at=at, state="going on", chat=chat)
        with self.transaction() as db:
            old = db.execute("UPDATE turn SET state = 'going on' WHERE run = ?", (run,)).rowcount
            if not old:
                _add(db, turn)
            back = "archived = 0, deleted_at = NULL"
            sql = f"UPDATE chat SET head = ?, turns = turns + ?, {back}, {_CHANGED} WHERE id = ?"
            db.execute(sql, (run, not old, at, chat))

    def go_on(self, run: str) -> None:
        """The turn goes on again: what comes is added to its record."""
        self._change("UPDATE turn SET state = 'going on' WHERE run = ?", run)

    def append(self, run: str, events: Sequence[TimedEvent]) -> None:
        """Goes on with the record of a turn."""
        sql = "INSERT INTO event(turn, lines) SELECT n, ? FROM turn WHERE run = ?"
        self._change(sql, rows.to_lines(events), run)

    def finish(self, run: str, state: TurnState | None = None) -> None:
        """Folds the turn's events; without `state` the last of them says how it ended."""
        with self.transaction() as db:
            for n, chat in db.execute("SELECT n, chat FROM turn WHERE run = ?", (run,)).fetchall():
                _fold(db, n, state)
                sql = f"UPDATE chat SET {_CHANGED}, profile = (SELECT profile FROM turn WHERE n = ?) WHERE id = ?"
                db.execute(sql, (time.time(), n, chat))

    def put(self, chat: ChatInfo, turns: Iterable[KeptTurn], summaries: Iterable[Summary] = ()) -> None:
        """A whole chat at once, as from an import; a turn that went on there is broken here.

        Raises DocmindError (CHAT_EXISTS) where it, or one of its turns, is there.
        """
        try:
            with self.transaction() as db:
                db.execute(_ADD_CHAT, _values(chat))
                for turn in turns:
                    state: TurnState = "broken" if turn.state == "going on" else turn.state
                    _record(db, _add(db, msgspec.structs.replace(turn, chat=chat.id, state=state)), turn.events)
                for summary in summaries:
                    self.summarise(summary)
                count = "(SELECT count(*) FROM turn WHERE chat = id)"
                db.execute(f"UPDATE chat SET turns = {count}, head = head WHERE id = ?", (chat.id,))
        except DocmindError as error:
            if not isinstance(error.__cause__, sqlite3.IntegrityError):
                raise
            message = f"The chat {one_line(chat.title, 60)!r} is there already, or some of its turns are."
            raise DocmindError(Code.CHAT_EXISTS, message, "Delete that one, or leave it as it is.") from error


def _values(chat: ChatInfo) -> Sequence[object]:
    named = (chat.id, chat.title, chat.titled_by, rows.roots_key(chat.roots), chat.made_at, chat.changed_at)
    return (*named, chat.head, chat.profile, chat.pinned, chat.archived, chat.deleted_at)


def _add(db: sqlite3.Connection, turn: KeptTurn) -> int:
    """The number of its row."""
    values = (turn.chat, *(getattr(turn, name) for name in rows.TURN.split(", ")))
    return int(db.execute(_ADD_TURN, values).lastrowid or 0)


def _fold(db: sqlite3.Connection, n: int, state: TurnState | None) -> None:
    events = rows.events_of(db, n) or []
    outcome = fold(events)
    values = (state or outcome.state, outcome.answer, outcome.profile, outcome.model, n)
    db.execute("UPDATE turn SET state = ?, answer = ?, profile = ?, model = ? WHERE n = ?", values)
    _record(db, n, events)
    db.execute("DELETE FROM event WHERE turn = ?", (n,))


def _record(db: sqlite3.Connection, n: int, events: Sequence[TimedEvent]) -> None:
    db.execute("INSERT OR REPLACE INTO record VALUES (?, ?)", (n, rows.compressed(events)))
