"""The chats on the disk: what everybody may read, and the small changes that a user makes to a chat.

Turns are written by the engine alone: writing.py.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import msgspec

from .. import database
from ..errors import Code, DocmindError
from ..text import clean, one_line
from . import rows
from .records import ChatInfo, KeptTurn, Summary, TimedEvent, TitledBy
from .schema import SCHEMA, errors_of, newer

KEPT_S = 30 * 86400.0
"""How long a deleted chat can be had back."""
LONGEST_TITLE = 200


class ChatStore:
    """The opened store; a context manager, for one thread at a time. Opening it takes about a millisecond.

    Where there is no file, reading finds nothing. Every method raises DocmindError: CHATS_DAMAGED, CHATS_BUSY, DISK;
    writing also CHATS_NEWER. Times are Unix times, in seconds.
    """

    def __init__(self, file: Path, mode: database.Mode = "ro") -> None:
        """`ro` reads, `rw` also writes, `rwc` makes the file when it is missing."""
        self.file = file
        self.notice = ""
        """What the user should know: that a newer docmind wrote the file."""
        with errors_of(file):
            try:
                self._db = self._opened(mode)
            except database.NewerVersion:
                if mode != "ro":
                    raise
                self._db = database.look(file)
                self.notice = newer(file).message
        self._db.create_function("holds", 2, rows.holds, deterministic=True)

    def _opened(self, mode: database.Mode) -> sqlite3.Connection:
        if mode == "rwc" or database.exists(self.file):
            return database.connect(self.file, mode, SCHEMA)
        empty = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        empty.executescript(SCHEMA.tables)
        return empty

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written within it is written, or nothing. One within another is part of that."""
        with errors_of(self.file):
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back by itself
                    self._db.execute("ROLLBACK")
                raise

    def chats(
        self,
        roots: Iterable[bytes | Path] | None = None,
        *,
        archived: bool = False,
        deleted: bool = False,
        words: str = "",
        pinned_first: bool = True,
        limit: int = 200,
        offset: int = 0,
    ) -> list[ChatInfo]:
        """Those that were changed last come first; by the order of the changes, whatever the clock says.

        `roots`: those on exactly these folders. `words`: those whose title holds each of them.
        """
        where = "deleted_at IS NOT NULL" if deleted else "deleted_at IS NULL AND archived = ?"
        values: list[object] = [] if deleted else [archived]
        if roots is not None:
            where, values = f"{where} AND roots = ?", [*values, rows.roots_key(roots)]
        if words.strip():
            where, values = f"{where} AND holds(title, ?)", [*values, words.casefold()]
        order = "pinned DESC, changes DESC" if pinned_first else "changes DESC"
        return self._infos(f"WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?", *values, limit, offset)

    def chat(self, named: str) -> ChatInfo:
        """The chat with this id, or the only one whose id begins so. Raises DocmindError(NO_CHAT)."""
        found = self._infos("WHERE id = ?", named := clean(named))
        if not found and named:
            found = self._infos("WHERE id >= ? AND id < ? LIMIT 2", named, named + chr(0x10FFFF))
        if len(found) == 1:
            return found[0]
        message = f"{'Several chats begin' if found else 'There is no chat that begins'} with {one_line(named)!r}."
        raise DocmindError(Code.NO_CHAT, message, "Write its name, or enough of its beginning.")

    def holds(self, chat: str) -> bool:
        """Whether there is a chat with exactly this id, deleted ones included."""
        return bool(self._infos("WHERE id = ?", chat))

    def path(self, chat: str, head: str | None = None, events: bool = True) -> list[KeptTurn]:
        """The turns from the first question to `head`, by default to the chat's own.

        Without `events` they come without their records, which are most of them. Raises DocmindError (NO_CHAT).
        """
        with self.reading() as db:
            head = head or self.chat(chat).head
            found = db.execute("SELECT run, parent, n FROM turn WHERE chat = ?", (chat,)).fetchall()
            parents = {run: (parent, n) for run, parent, n in found}
            numbers: list[int] = []
            while head in parents and parents[head][1] not in numbers:  # a damaged store may hold a circle
                head, n = parents[head]
                numbers.append(n)
            return [turn for n in reversed(numbers) for turn in self._turns("n = ?", n, events=events)]

    def turns(self, chat: str, events: bool = True) -> list[KeptTurn]:
        """The turns of all branches, in the order in which they were asked."""
        return self._turns("chat = ? ORDER BY n", chat, events=events)

    def turn(self, named: str) -> KeptTurn:
        """The turn with this run, or the only one whose run begins so. Raises DocmindError (NO_CHAT)."""
        found = self._turns("run = ?", named := clean(named), events=True)
        if not found and named:
            found = self._turns("run >= ? AND run < ? LIMIT 2", named, named + chr(0x10FFFF), events=True)
        if len(found) == 1:
            return found[0]
        message = f"{'Several answers begin' if found else 'There is no answer that begins'} with {one_line(named)!r}."
        raise DocmindError(Code.NO_CHAT, message, "Write its name, or enough of its beginning.")

    def siblings(self, run: str) -> list[KeptTurn]:
        """The turn and those that stand in its place on other branches, without events, in the order of the asking."""
        own = "(SELECT {} FROM turn WHERE run = ?)"
        return self._turns(
            f"chat = {own.format('chat')} AND parent IS {own.format('parent')} ORDER BY n", run, run, events=False
        )

    def unfinished(self) -> list[KeptTurn]:
        """The turns that go on, without events; where no engine runs, they have broken off."""
        return self._turns("state = 'going on' ORDER BY n", events=False)

    def summaries(self, chat: str) -> dict[str, Summary]:
        """Run -> what stands for this turn and all before it."""
        sql = """SELECT run, text, by, at FROM summary JOIN turn ON turn.n = summary.turn WHERE chat = ? ORDER BY n"""
        with self.reading() as db:
            found = db.execute(sql, (chat,)).fetchall()
        return {run: Summary(run=run, text=text, by=by, at=at) for run, text, by, at in found}

    def rename(self, chat: str, title: str, by: TitledBy = "user") -> None:
        """To one line, of LONGEST_TITLE characters at most. A title of the user is replaced by the user alone."""
        title = one_line(title, LONGEST_TITLE)
        kept = "" if by == "user" else "AND titled_by <> 'user'"
        self._change(f"UPDATE chat SET title = ?, titled_by = ? WHERE id = ? {kept}", title, by, chat)

    def pin(self, chat: str, pinned: bool = True) -> None:
        self._change("UPDATE chat SET pinned = ? WHERE id = ?", pinned, chat)

    def archive(self, chat: str, archived: bool = True) -> None:
        self._change("UPDATE chat SET archived = ? WHERE id = ?", archived, chat)

    def set_head(self, chat: str, run: str) -> None:
        self._change("UPDATE chat SET head = ? WHERE id = ?", run, chat)

    def delete(self, chat: str, at: float) -> None:
        """It can be had back until `purge` takes it."""
        self._change("UPDATE chat SET deleted_at = ? WHERE id = ?", at, chat)

    def undelete(self, chat: str) -> None:
        self._change("UPDATE chat SET deleted_at = NULL WHERE id = ?", chat)

    def purge(self, now: float) -> int:
        """Removes what was deleted more than 30 days ago; how many chats."""
        with self.transaction() as db:
            gone = db.execute("SELECT id FROM chat WHERE deleted_at < ?", (now - KEPT_S,)).fetchall()
            for table in ("record", "event", "summary"):
                db.executemany(f"DELETE FROM {table} WHERE turn IN (SELECT n FROM turn WHERE chat = ?)", gone)
            db.executemany("DELETE FROM turn WHERE chat = ?", gone)
            db.executemany("DELETE FROM chat WHERE id = ?", gone)
            return len(gone)

    def summarise(self, summary: Summary) -> None:
        """Replaces what stood for the turn and all before it; the user's words only by the user's."""
        sql = """INSERT INTO summary SELECT n, ?, ?, ? FROM turn WHERE run = ?
                 ON CONFLICT DO UPDATE SET text = excluded.text, by = excluded.by, at = excluded.at
                 WHERE excluded.by = 'user' OR summary.by <> 'user'"""
        self._change(sql, summary.text, summary.by, summary.at, summary.run)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For what reads the tables itself; all that is read within it is of the same moment."""
        try:
            with errors_of(self.file):
                if self._db.in_transaction:
                    yield self._db
                    return
                self._db.execute("BEGIN")
                try:
                    yield self._db
                finally:
                    self._db.execute("ROLLBACK")
        except DocmindError as error:
            if self.notice and error.code == Code.CHATS_DAMAGED:  # no damage, but tables that are not known here
                raise newer(self.file) from error
            raise

    def _change(self, sql: str, *values: object) -> None:
        with self.transaction() as db:
            db.execute(sql, values)

    def _infos(self, where: str, *values: object) -> list[ChatInfo]:
        with self.reading() as db:
            return [rows.info(row) for row in db.execute(f"SELECT {rows.CHAT} FROM chat {where}", values)]

    def _turns(self, where: str, *values: object, events: bool) -> list[KeptTurn]:
        with self.reading() as db:
            found = db.execute(f"SELECT n, chat, {rows.TURN} FROM turn WHERE {where}", values).fetchall()
            turns = [(n, rows.turn(row, chat)) for n, chat, *row in found]
            if not events:
                return [turn for _, turn in turns]
            return [msgspec.structs.replace(turn, events=self._events(n, turn)) for n, turn in turns]

    def _events(self, n: int, turn: KeptTurn) -> list[TimedEvent]:
        """The record of the turn; where it is lost, what else is known of the answer."""
        try:
            with self.reading() as db:
                events = rows.events_of(db, n)
        except DocmindError as error:
            if error.code != Code.CHATS_DAMAGED:
                raise
            events = None
        if events is None and turn.state != "going on":
            return rows.stand_in(turn)
        return events or []
