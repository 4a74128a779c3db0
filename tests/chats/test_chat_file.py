"""Chats as a file: nothing is lost on the way out and in, and what is no such file changes nothing."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.chats import foreign
from docmind.agents.chats.chat_file import Taken, kept, pieces, take_in
from docmind.agents.chats.secrets import Secrets
from docmind.agents.chats.store import ChatStore
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.errors import Code, DocmindError
from fakes.chats import say
from fakes.kept_chats import keep

NO_SECRETS = Secrets([])
Tree = Any


def written(file: Path, secrets: Secrets = NO_SECRETS) -> bytes:
    """The file with all chats of a store."""
    with ChatStore(file) as store:
        return b"".join(pieces([kept(store, chat) for chat in store.chats()], secrets))


def taken(file: Path, data: bytes, secrets: Secrets = NO_SECRETS) -> Taken:
    with ChatWriter(file) as store:
        return take_in(data, store, secrets)


def refusal(file: Path, data: bytes) -> DocmindError:
    """Asserts that nothing was changed by it."""
    with ChatWriter(file):
        before = written(file)
    with pytest.raises(DocmindError) as caught:
        taken(file, data)
    assert written(file) == before
    return caught.value


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A store without chats."""
    return tmp_path / "other" / "chats.db"


@pytest.fixture
def data(file: Path) -> bytes:
    """A file with two chats."""
    keep(file, "c1")
    keep(file, "c2")
    return written(file)


def test_every_turn_branch_event_and_time_comes_back(file: Path, data: bytes, other: Path) -> None:
    assert [chat.id for chat in taken(other, data).added] == ["c2", "c1"]
    assert written(other) == data
    with ChatStore(file) as old, ChatStore(other) as new:
        assert new.turns("c1") == old.turns("c1")
        assert [turn.run for turn in new.path("c1")] == ["c1r1", "c1r3"]
        assert new.summaries("c1") == old.summaries("c1")
        assert new.chat("c1") == old.chat("c1")


def test_a_file_that_another_program_has_laid_out_is_taken_too(data: bytes, other: Path) -> None:
    taken(other, json.dumps(json.loads(data), indent=2).encode())
    assert written(other) == data


def test_chats_that_are_there_are_left_as_they_are_also_deleted_ones(data: bytes, other: Path) -> None:
    taken(other, data)
    with ChatWriter(other) as store:
        store.rename("c1", "Mine")
        store.delete("c2", 1000.0)
    again = taken(other, data)
    assert (again.added, {chat.id for chat in again.known}) == ([], {"c1", "c2"})
    with ChatStore(other) as store:
        assert store.chat("c1").title == "Mine"
        assert [chat.id for chat in store.chats()] == ["c1"]


def test_an_answer_that_went_on_comes_in_as_one_that_broke_off(file: Path, other: Path) -> None:
    with ChatWriter(file) as store:
        say(file, "First?", run="r1")
        store.ask("r2", "c1", "r1", "Second?", 1000.0)
    taken(other, written(file))
    with ChatStore(other) as store:
        assert [turn.state for turn in store.path("c1")] == ["done", "broken"]


@pytest.mark.parametrize("where", ["out", "in"])
def test_a_secret_stays_where_it_is(where: str, file: Path, other: Path) -> None:
    say(file, "Is it hunter2-hunter2?", 'Yes: "hunter2-hunter2".', run="r1")
    hidden = Secrets(["hunter2-hunter2"])
    data = written(file, hidden if where == "out" else NO_SECRETS)
    taken(other, data, hidden if where == "in" else NO_SECRETS)
    assert b"hunter2" not in written(other)


def test_a_file_that_breaks_off_anywhere_is_refused(data: bytes, other: Path) -> None:
    for size in range(0, len(data.rstrip()) - 1, 97):
        assert refusal(other, data[:size]).code == Code.FILE_REFUSED


def test_a_file_of_a_newer_version_is_refused_whatever_it_holds(other: Path) -> None:
    error = refusal(other, b'{"docmind": "chats", "version": 2, "chats": {"all": "new"}}')
    assert error.code == Code.FILE_NEWER


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'{"docmind": "run", "version": 1}',
        b'{"docmind": "chats", "version": "1", "chats": []}',
        b'{"docmind": "chats", "version": 1, "chats": [1]}',
        b'{"docmind": "chats", "version": 1, "chats": ' + b"[" * 200_000,
        b'{"docmind": "chats", "version": 1, "more": ' + b'{"a":' * 200_000,
    ],
    ids=lambda data: data[:50].decode(errors="replace"),
)
def test_what_is_no_file_of_chats_is_refused(data: bytes, other: Path) -> None:
    assert refusal(other, data).code == Code.FILE_REFUSED


def test_a_huge_file_is_refused_before_all_of_it_is_read(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "huge.json").write_bytes(data)
    monkeypatch.setattr(foreign, "LARGEST", 2**10)
    for name in (str(tmp_path / "huge.json"), "/dev/zero"):
        with pytest.raises(DocmindError) as caught:
            foreign.read(name)
        assert caught.value.code == Code.FILE_REFUSED


DEEP = "stands for what is deep"


def change(where: str, value: Tree) -> Callable[[Tree], None]:
    """Sets a value deep within the second chat of the file."""

    def set_it(tree: Tree) -> None:
        *parents, last = where.split(".")
        for name in parents:
            tree = tree[int(name) if isinstance(tree, list) else name]
        tree[int(last) if isinstance(tree, list) else last] = value

    return set_it


ROOT = "Li4vLi4="  # ../..
EVENT = "turns.0.events"
HOSTILE = {
    "an escape code in a title": change("chat.title", "\x1b]0;x\x07"),
    "an escape code in a token": change(f"{EVENT}.5.1.text", "\x1b[31m"),
    "a C1 code in a path": change(f"{EVENT}.3.1.passages.0.path", "a\x9bb"),
    "an escape code in a name of an option": change(f"{EVENT}.0.1.options", {"\x1b": 1}),
    "an escape code in a question": change("turns.1.question", "\x1b[2J"),
    "deep nesting": change(f"{EVENT}.0.1.options", {"a": DEEP}),
    "a number without end": change(f"{EVENT}.3.1.passages.0.page", 10**30),
    "a wrong type": change("turns.0.question", 7),
    "an unknown state": change("turns.0.state", "fine"),
    "an unknown event": change(f"{EVENT}.0.1.type", "evil"),
    "an event of another answer": change(f"{EVENT}.0.1.run", "c1r1"),
    "a time before the question": change(f"{EVENT}.0.0", -1.0),
    "a time without end": change(f"{EVENT}.0.0", 1e300),
    "a date that cannot be shown": change("chat.changed_at", 1e18),
    "a name that is a path": change("chat.id", "../../etc"),
    "a name that holds markup": change("turns.2.run", "[red]x"),
    "a name that is empty": change("chat.id", ""),
    "the same chat twice": change("chat.id", "c1"),
    "the same answer twice": change("turns.1.run", "c2r1"),
    "an answer that follows itself": change("turns.0.parent", "c2r1"),
    "an answer that follows a later one": change("turns.1.parent", "c2r3"),
    "a head that is not there": change("chat.head", "c1r1"),
    "a summary of another answer": change("summaries.0.run", "c1r1"),
    "a folder that is no whole path": change("chat.roots", [ROOT]),
    "a source outside its folder": change(f"{EVENT}.3.1.passages.0.path", "../../etc/passwd"),
    "a source with a whole path": change(f"{EVENT}.8.1.citations.0.path", "/etc/passwd"),
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_file_is_refused_whole(hostile: str, data: bytes, other: Path) -> None:
    tree = json.loads(data)
    tree["chats"].sort(key=lambda chat: chat["chat"]["id"])
    HOSTILE[hostile](tree["chats"][1])
    text = json.dumps(tree).replace(f'"{DEEP}"', "[" * 5000 + "]" * 5000)
    assert refusal(other, text.encode()).code == Code.FILE_REFUSED


def test_answers_that_are_in_another_chat_here_are_refused(data: bytes, other: Path) -> None:
    say(other, "Mine", run="c2r2", chat="mine")
    assert refusal(other, data).code == Code.CHAT_EXISTS


def test_a_full_disk_leaves_the_chats_as_they_were(file: Path, other: Path) -> None:
    for number in range(9):
        keep(file, f"c{number}")
        say(file, secrets.token_hex(5000), run=f"r{number}", chat=f"c{number}")
    data = written(file)
    say(other, "Mine", run="mine", chat="mine")
    before = written(other)
    for pages in range(1, 1000, 7):
        if is_taken_with_room_for(pages, other, data):
            assert pages > 20
            break
        assert written(other) == before
    assert len(written(other)) > len(data)


def is_taken_with_room_for(pages: int, file: Path, data: bytes) -> bool:
    with ChatWriter(file) as store:
        (there,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count={there + pages}")
        try:
            return bool(take_in(data, store, NO_SECRETS).added)
        except DocmindError as error:
            return error.code != Code.DISK
