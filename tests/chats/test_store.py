"""The chats on the disk: what was written is read again, in the order and on the branch where it belongs."""

import contextlib
import sqlite3
import threading
from pathlib import Path

import msgspec
import pytest

from docmind.agents.chats.records import Summary
from docmind.agents.chats.store import KEPT_S, LONGEST_TITLE, ChatStore
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import KeptTurn, Token
from fakes.chats import answered, say, some_chat, stopped, timed, writing


def test_a_chat_is_read_as_it_was_written(file: Path) -> None:
    events = timed(Token(run="r1", text="Blue\n\u2028 \U0001f7e6."), answered("r1", "Blue."))
    with ChatWriter(file) as store:
        store.begin(some_chat())
        store.ask("r1", "c1", None, "Which colour?", 1000.5)
        store.append("r1", events[:1])
        store.append("r1", events[1:])
        store.finish("r1")
    with ChatStore(file) as store:
        (turn,) = store.path("c1")
        (chat,) = store.chats()
    assert turn.events == events
    assert (turn.run, turn.parent, turn.chat) == ("r1", None, "c1")
    assert (turn.question, turn.asked_at) == ("Which colour?", 1000.5)
    assert (turn.state, turn.answer, turn.profile, turn.model) == ("done", "Blue.", "fast", "tiny")
    assert (chat.head, chat.turns, chat.profile, chat.state, chat.roots) == ("r1", 1, "fast", "done", [b"/papers"])


def test_without_a_file_there_are_no_chats_and_none_is_made(file: Path) -> None:
    with ChatStore(file) as store:
        assert (store.chats(), store.unfinished(), store.turns("c1")) == ([], [], [])
        with pytest.raises(DocmindError) as caught:
            store.chat("c1")
    assert caught.value.code == Code.NO_CHAT
    assert not file.exists()


def test_only_the_user_may_read_the_chats(file: Path) -> None:
    with ChatWriter(file) as store:
        store.begin(some_chat())
        modes = {path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert (modes, file.parent.stat().st_mode & 0o777) == ({0o600}, 0o700)


def test_an_answer_that_goes_on_is_read_as_far_as_it_goes(file: Path) -> None:
    events = writing("r1", "The pump is blue")
    with ChatWriter(file) as store:
        store.begin(some_chat())
        store.ask("r1", "c1", None, "Which colour?", 1000.0)
        for event in events:
            store.append("r1", [event])
        with ChatStore(file) as reader:
            (turn,) = reader.path("c1")
            assert (turn.events, turn.state) == (events, "going on")
            assert [turn.run for turn in reader.unfinished()] == ["r1"]


def test_a_stopped_answer_that_goes_on_keeps_its_first_part(file: Path) -> None:
    first, rest = timed(Token(run="r1", text="The pump"), stopped("r1")), timed(Token(run="r1", text=" is blue"))
    with ChatWriter(file) as store:
        store.begin(some_chat())
        for events in (first, rest):
            store.ask("r1", "c1", None, "Which colour?", 1000.0)
            store.append("r1", events)
            store.finish("r1", "stopped")
        (turn,) = store.path("c1")
        assert (turn.answer, turn.events, store.chat("c1").turns) == ("The pump is blue", first + rest, 1)


def test_an_edited_question_is_a_branch_and_the_old_one_stays_reachable(file: Path) -> None:
    say(file, "First?", run="r1")
    say(file, "Second?", run="r2", parent="r1")
    say(file, "Third?", run="r3", parent="r2")
    say(file, "Second, edited?", run="r4", parent="r1")
    with ChatWriter(file) as store:
        assert [turn.run for turn in store.path("c1")] == ["r1", "r4"]
        assert [turn.run for turn in store.path("c1", "r3")] == ["r1", "r2", "r3"]
        assert [turn.run for turn in store.siblings("r2")] == ["r2", "r4"]
        assert [turn.run for turn in store.siblings("r1")] == ["r1"]
        assert [turn.run for turn in store.turns("c1")] == ["r1", "r2", "r3", "r4"]
        store.set_head("c1", "r3")
        assert [turn.run for turn in store.path("c1", events=False)] == ["r1", "r2", "r3"]


def test_turns_that_stand_in_a_circle_end_somewhere(file: Path) -> None:
    say(file, "First?", run="r1", parent="r2")
    say(file, "Second?", run="r2", parent="r1")
    with ChatStore(file) as store:
        assert [turn.run for turn in store.path("c1")] == ["r1", "r2"]


def test_the_list_follows_the_order_of_the_changes_also_when_the_clock_jumps_back(file: Path) -> None:
    with ChatWriter(file) as store:
        for number, at in enumerate([5000.0, 4000.0, 10.0]):
            store.begin(some_chat(f"c{number}", at=at))
            store.ask(f"r{number}", f"c{number}", None, "?", at)
        assert [chat.id for chat in store.chats()] == ["c2", "c1", "c0"]
        store.ask("r3", "c0", "r0", "?", 5.0)
        assert [chat.id for chat in store.chats()] == ["c0", "c2", "c1"]
        assert store.chat("c0").changed_at == 5000.0
        store.pin("c1")
        assert [chat.id for chat in store.chats()] == ["c1", "c0", "c2"]
        assert [chat.id for chat in store.chats(limit=1, offset=1)] == ["c0"]


def test_chats_are_found_by_their_folders_in_any_order(file: Path) -> None:
    odd = b"/p\xff"
    with ChatWriter(file) as store:
        store.begin(some_chat("c1", roots=[b"/b", odd]))
        store.begin(some_chat("c2", roots=[odd]))
        store.begin(some_chat("c3", roots=[]))
        assert [chat.id for chat in store.chats([odd, b"/b"])] == ["c1"]
        assert store.chat("c1").roots == [b"/b", odd]
        assert store.chat("c3").roots == []


def test_a_chat_is_named_by_enough_of_its_beginning(file: Path) -> None:
    with ChatWriter(file) as store:
        for chat in ("abc1", "abd1", "abc"):
            store.begin(some_chat(chat))
        assert store.chat("abd").id == "abd1"
        assert store.chat("abc").id == "abc"
        for named in ("ab", "x", "", "%", "a'b"):
            with pytest.raises(DocmindError) as caught:
                store.chat(named)
            assert caught.value.code == Code.NO_CHAT


def test_a_title_that_the_user_gave_stays(file: Path) -> None:
    with ChatWriter(file) as store:
        store.begin(some_chat())
        store.rename("c1", "From the model", by="model")
        assert store.chat("c1").title == "From the model"
        store.rename("c1", "Mine")
        store.rename("c1", "From the model", by="model")
        assert (store.chat("c1").title, store.chat("c1").titled_by) == ("Mine", "user")


def test_a_title_is_one_line_of_a_length_that_can_be_shown(file: Path) -> None:
    say(file, "Which colour?", run="r1")
    with ChatStore(file, "rw") as store:
        store.rename("c1", " My\n\x1b[31mpump " + "s" * 10_000)
        title = store.chat("c1").title
    assert title.startswith("My pump sss")
    assert len(title) == LONGEST_TITLE


def test_archived_and_deleted_chats_stand_in_lists_of_their_own(file: Path) -> None:
    with ChatWriter(file) as store:
        for chat in ("c1", "c2", "c3"):
            store.begin(some_chat(chat))
        store.archive("c2")
        store.delete("c3", 1000.0)
        assert [chat.id for chat in store.chats()] == ["c1"]
        assert [chat.id for chat in store.chats(archived=True)] == ["c2"]
        assert [chat.id for chat in store.chats(deleted=True)] == ["c3"]
        store.archive("c2", False)
        store.undelete("c3")
        assert [chat.id for chat in store.chats()] == ["c3", "c2", "c1"]


def test_a_deleted_chat_is_gone_for_good_after_thirty_days(file: Path) -> None:
    say(file, "First?", run="r1", chat="c1")
    say(file, "Second?", run="r2", chat="c2")
    with ChatWriter(file) as store:
        store.summarise(Summary(run="r1", text="Pumps.", by="model", at=1.0))
        store.delete("c1", 1000.0)
        assert store.purge(1000.0 + KEPT_S) == 0
        assert store.purge(1001.0 + KEPT_S) == 1
        assert [chat.id for chat in store.chats()] == ["c2"]
    with contextlib.closing(sqlite3.connect(file)) as db:
        counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("turn", "record", "summary")]
    assert counts == [1, 1, 0]


def test_a_summary_of_the_user_is_not_replaced_by_one_of_the_model(file: Path) -> None:
    say(file, "First?", run="r1")
    texts = []
    with ChatWriter(file) as store:
        for by, text in (("model", "A"), ("model", "B"), ("user", "C"), ("model", "D"), ("user", "E")):
            store.summarise(Summary(run="r1", text=text, by=by, at=1.0))  # type: ignore[arg-type]
            texts.append(store.summaries("c1")["r1"].text)
    assert texts == ["A", "B", "C", "C", "E"]


def test_a_whole_chat_is_put_in_at_once_or_not_at_all(file: Path) -> None:
    say(file, "First?", run="r1")
    say(file, "Second?", run="r2", parent="r1")
    other = file.with_name("other.db")
    with ChatStore(file) as old, ChatWriter(other) as new:
        chat, turns = old.chat("c1"), old.path("c1")
        new.put(chat, turns)
        assert (new.chat("c1").turns, new.path("c1"), new.chat("c1").state) == (2, turns, "done")
        for doubled in (chat, some_chat("c2")):
            with pytest.raises(DocmindError) as caught:
                new.put(doubled, turns[:1])
            assert caught.value.code == Code.CHAT_EXISTS
        assert [chat.id for chat in new.chats()] == ["c1"]


def test_what_went_on_elsewhere_is_broken_here(file: Path) -> None:
    turn = KeptTurn(run="r1", parent=None, question="?", asked_at=1.0, state="going on", answer="Blu")
    with ChatWriter(file) as store:
        store.put(msgspec.structs.replace(some_chat(), head="r1"), [turn])
        assert (store.path("c1")[0].state, store.chat("c1").state, store.unfinished()) == ("broken", "broken", [])


def test_what_is_read_together_is_of_the_same_moment(file: Path) -> None:
    with ChatWriter(file) as writer, ChatStore(file) as reader:
        say(file, "First?", run="r1")
        with reader.reading():
            before = (reader.turns("c1"), reader.chat("c1"))
            writer.ask("r2", "c1", "r1", "Second?", 1.0)
            assert (reader.turns("c1"), reader.chat("c1")) == before
        assert len(reader.turns("c1")) == 2


def test_two_may_write_at_the_same_time(file: Path) -> None:
    def write(name: str) -> None:
        for number in range(25):
            say(file, "?", run=f"{name}{number}", chat=name)

    writers = [threading.Thread(target=write, args=[name]) for name in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    with ChatStore(file) as store:
        assert [(chat.turns, chat.state) for chat in store.chats()] == [(25, "done")] * 2
