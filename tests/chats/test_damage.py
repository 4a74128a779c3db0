"""A store that is damaged: the rest of it opens, a copy is kept, and nothing is lost that could be read."""

import contextlib
import random
import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from docmind.agents.chats.opening import prepare
from docmind.agents.chats.schema import damage_mark
from docmind.agents.chats.store import ChatStore
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import Failed, KeptTurn, Token
from fakes.chats import say

PAGE = 4096


def fill(file: Path, chats: int = 4, turns: int = 25) -> None:
    for chat in range(chats):
        for turn in range(turns):
            parent = f"r{chat}-{turn - 1}" if turn else None
            noise = " ".join(f"{random.Random(f'{chat}{turn}{n}').getrandbits(40):x}" for n in range(40))
            run = f"r{chat}-{turn}"
            say(file, f"Question {turn}?", f"Answer {turn}. {noise}", run=run, chat=f"c{chat}", parent=parent)


def pages_of(file: Path, *names: str) -> list[int]:
    """The leaf pages of tables or indices, from 1."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        sql = f"SELECT pageno FROM dbstat WHERE name IN ({','.join('?' * len(names))}) AND pagetype = 'leaf'"
        return [page for (page,) in db.execute(sql, names)]


def break_(file: Path, pages: Sequence[int]) -> None:
    with file.open("r+b") as opened:
        for page in pages:
            opened.seek((page - 1) * PAGE)
            opened.write(b"\xa5" * PAGE)


def all_turns(file: Path) -> dict[str, KeptTurn]:
    with ChatStore(file) as store:
        return {turn.run: turn for chat in store.chats() for turn in store.turns(chat.id)}


def read_everything(file: Path) -> None:
    with ChatStore(file) as store:
        for chat in store.chats():
            store.path(chat.id)


@pytest.mark.parametrize("what", ["turn", "chat", "record", "turn_chat", "sqlite_autoindex_turn_1", "said_data"])
def test_what_a_damaged_page_does_not_hold_is_there_again_after_the_next_start(file: Path, what: str) -> None:
    fill(file)
    before, page = all_turns(file), pages_of(file, what)[0]
    break_(file, [page])
    damaged = file.read_bytes()
    with contextlib.suppress(DocmindError):
        read_everything(file)
    with contextlib.suppress(DocmindError), ChatWriter(file) as store:
        store.ask("new", "c0", None, "?", 1.0)
        store.finish("new")
    if not damage_mark(file).exists():  # nothing that is read or written so far stood there
        damage_mark(file).touch()
    notice = prepare(file)
    assert "The chats were damaged" in notice
    after = all_turns(file)
    kept = file.with_name("chats.db.damaged.1")
    assert (str(kept) in notice, kept.stat().st_mode & 0o777) == (True, 0o600)
    assert len(kept.read_bytes()) >= len(damaged)
    assert len(after) >= len(before) * 0.8
    for run in after.keys() & before.keys():
        assert (after[run].question, after[run].answer) == (before[run].question, before[run].answer)
    assert prepare(file) == ""
    assert not damage_mark(file).exists()
    with contextlib.closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.execute("INSERT INTO said(said, rank) VALUES ('integrity-check', 1)")


def test_the_other_chats_open_while_one_is_damaged(file: Path) -> None:
    fill(file)
    break_(file, pages_of(file, "turn")[:1])
    opened, failed = [], []
    with ChatStore(file) as store:
        for chat in ("c0", "c1", "c2", "c3"):
            try:
                opened.append(store.path(chat))
            except DocmindError as error:
                failed.append(error)
    assert [len(turns) for turns in opened] == [25] * 3
    assert [error.code for error in failed] == [Code.CHATS_DAMAGED]
    assert damage_mark(file).exists()


def test_a_damaged_first_page_loses_nothing(file: Path) -> None:
    fill(file)
    before = all_turns(file)
    break_(file, [1])
    with pytest.raises(DocmindError) as caught:
        ChatStore(file)
    assert caught.value.code == Code.CHATS_DAMAGED
    assert "100 of 100 answers" in prepare(file)
    assert all_turns(file) == before


def test_turns_behind_a_lost_one_are_still_on_the_path(file: Path) -> None:
    fill(file, chats=1, turns=60)
    leaf = pages_of(file, "turn")
    break_(file, leaf[len(leaf) // 2 :][:1])
    damage_mark(file).touch()
    prepare(file)
    with ChatStore(file) as store:
        assert 40 < len(store.path("c0")) == len(store.turns("c0")) == store.chat("c0").turns < 60


def test_a_store_of_which_nothing_is_left_is_begun_anew(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database at all " * 1000)
    with pytest.raises(DocmindError):
        ChatStore(file)
    assert "0 answers could be read" in prepare(file)
    say(file, "?", run="r1")
    assert file.with_name("chats.db.damaged.1").read_bytes() == b"no database at all " * 1000


def test_a_database_of_another_program_is_left_as_it_is(file: Path) -> None:
    file.parent.mkdir()
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE theirs(x)")
    held = file.read_bytes()
    assert "was not written by this version of docmind" in prepare(file)
    assert file.read_bytes() == held
    assert list(file.parent.iterdir()) == [file]


def test_a_turn_whose_record_is_lost_still_shows_its_text(file: Path) -> None:
    say(file, "?", "Blue.", run="r1")
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute("DELETE FROM record")
    with ChatStore(file) as store:
        token, failed = [timed.event for timed in store.path("c1")[0].events]
    assert isinstance(token, Token)
    assert isinstance(failed, Failed)
    assert (token.text, failed.code) == ("Blue.", Code.CHATS_DAMAGED)


def test_of_a_damaged_record_the_beginning_is_read(file: Path) -> None:
    fill(file, chats=1, turns=1)
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        (lines,) = db.execute("SELECT lines FROM record").fetchone()
        text = zlib.decompress(lines)
        db.execute("UPDATE record SET lines = ?", (zlib.compress(text[:60] + b"\xff\xff" + text),))
    with ChatStore(file) as store:
        (turn,) = store.path("c0")
    assert len(turn.events) == 1
