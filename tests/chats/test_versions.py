"""Stores of other versions of docmind: older ones are brought up to date, newer ones are read and left alone."""

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from docmind.agents import database
from docmind.agents.chats import schema, store, writing
from docmind.agents.chats.journal import Journal
from docmind.agents.chats.opening import prepare
from docmind.agents.chats.schema import SCHEMA, damage_mark
from docmind.agents.chats.store import ChatStore
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.errors import Code, DocmindError
from fakes.chats import Telling, say
from fakes.waiting import until

NEXT = SCHEMA._replace(
    version=3,
    steps={
        1: ("ALTER TABLE chat ADD COLUMN colour TEXT NOT NULL DEFAULT ''", "CREATE TABLE tag(chat TEXT, name TEXT)"),
        2: ("INSERT INTO tag SELECT id, 'old' FROM chat", "UPDATE chat SET colour = 'blue'"),
    },
)
"""Two versions later."""


def update(monkeypatch: pytest.MonkeyPatch, to: database.Schema = NEXT) -> None:
    for module in (schema, store):
        monkeypatch.setattr(module, "SCHEMA", to)


def rows(file: Path, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("mode", ["ro", "rw", "rwc"])
def test_an_older_store_is_brought_up_to_date_after_a_copy(
    file: Path, monkeypatch: pytest.MonkeyPatch, mode: database.Mode
) -> None:
    say(file, "?", "Blue.", run="r1")
    update(monkeypatch)
    with ChatStore(file, mode) as opened:
        assert [turn.answer for turn in opened.path("c1")] == ["Blue."]
    assert rows(file, "SELECT colour, name FROM chat JOIN tag ON tag.chat = chat.id") == [("blue", "old")]
    assert rows(file, "PRAGMA user_version") == [(3,)]
    copy = file.with_name("chats.db.v1")
    assert rows(copy, "SELECT answer FROM turn") == [("Blue.",)]
    assert rows(copy, "PRAGMA user_version") == [(1,)]
    assert copy.stat().st_mode & 0o777 == 0o600


def test_what_was_not_in_the_file_itself_yet_is_in_the_copy(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatWriter(file):  # so that the changes stay in the file beside it
        say(file, "?", "Blue.", run="r1")
        update(monkeypatch)
        with ChatStore(file) as opened:
            assert len(opened.path("c1")) == 1
    assert rows(file.with_name("chats.db.v1"), "SELECT answer FROM turn") == [("Blue.",)]


def test_two_that_bring_it_up_to_date_at_once_do_it_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say(file, "?", run="r1")
    update(monkeypatch)
    start, failed = threading.Barrier(4), list[BaseException]()

    def open_() -> None:
        start.wait()
        try:
            ChatStore(file, "rw").close()
        except BaseException as error:
            failed.append(error)

    openers = [threading.Thread(target=open_) for _ in range(4)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(30)
    assert failed == []
    assert rows(file, "SELECT * FROM tag") == [("c1", "old")]


def test_a_step_that_fails_leaves_the_old_version(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say(file, "?", run="r1")
    update(monkeypatch, NEXT._replace(steps={**NEXT.steps, 2: ("INSERT INTO tag VALUES ('a', 'b')", "nonsense")}))
    with pytest.raises(DocmindError):
        ChatStore(file)
    assert rows(file, "PRAGMA user_version") == [(1,)]
    assert rows(file, "SELECT name FROM sqlite_master WHERE name = 'tag'") == []


def test_a_version_without_a_way_to_this_one_is_reported(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say(file, "?", run="r1")
    update(monkeypatch, NEXT._replace(steps={2: NEXT.steps[2]}))
    with pytest.raises(DocmindError) as caught:
        ChatStore(file)
    assert "was not written by this version" in caught.value.message


@pytest.fixture
def newer(file: Path) -> Path:
    """A store that two versions later wrote."""
    say(file, "Which colour?", "Blue.", run="r1")
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute("ALTER TABLE chat ADD COLUMN mood TEXT")
        db.execute("PRAGMA user_version = 3")
    return file


def test_a_newer_store_is_read_with_a_notice_and_not_a_byte_of_it_changes(newer: Path) -> None:
    held = content(newer.parent)
    with ChatStore(newer) as opened:
        assert "newer version of docmind" in opened.notice
        assert [turn.answer for turn in opened.path("c1")] == ["Blue."]
    for mode in ("rw", "rwc"):
        with pytest.raises(DocmindError) as caught:
            ChatStore(newer, mode)
        assert caught.value.code == Code.CHATS_NEWER
    assert "newer version of docmind" in prepare(newer)
    assert content(newer.parent) == held


def test_a_newer_store_is_not_mended(newer: Path) -> None:
    damage_mark(newer).touch()
    held = content(newer.parent)
    assert "newer version of docmind" in prepare(newer)
    assert content(newer.parent) == held


async def test_what_cannot_go_into_a_newer_store_is_told(newer: Path) -> None:
    held, telling = content(newer.parent), Telling()
    journal = Journal(newer, telling)
    journal.ask("r2", "c1", "r1", "And the valve?", 1000.0)
    await until(lambda: telling.problems)
    journal.close()
    assert "newer version of docmind" in telling.problems[0]
    assert content(newer.parent) == held


def test_a_newer_store_that_cannot_be_understood_is_no_damage(newer: Path) -> None:
    with contextlib.closing(sqlite3.connect(newer)) as db, db:
        db.execute("ALTER TABLE turn RENAME COLUMN answer TO reply")
    held = content(newer.parent)
    with ChatStore(newer) as opened:
        assert [chat.id for chat in opened.chats()] == ["c1"]
        with pytest.raises(DocmindError) as caught:
            opened.path("c1")
    assert caught.value.code == Code.CHATS_NEWER
    assert content(newer.parent) == held


def test_a_newer_store_whose_last_changes_stand_beside_it_is_not_touched(newer: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed" / "chats.db"
    killed.parent.mkdir()
    with contextlib.closing(sqlite3.connect(newer)) as db:
        db.execute("UPDATE chat SET title = 'Late'")
        db.commit()
        for path in newer.parent.iterdir():
            if not path.name.endswith("-shm"):
                (killed.parent / path.name).write_bytes(path.read_bytes())
    held = content(killed.parent)
    with ChatStore(killed) as opened:
        assert opened.chat("c1").title == "Late"
    with pytest.raises(DocmindError):
        writing.ChatWriter(killed)
    after = content(killed.parent)
    assert {name: after[name] for name in held} == held
