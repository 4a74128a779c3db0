"""What happens is written while it happens, by a thread; what cannot be written waits."""

import contextlib
import logging
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from docmind.agents.chats.journal import Journal
from docmind.agents.chats.opening import prepare
from docmind.agents.chats.records import TimedEvent
from docmind.agents.chats.store import ChatStore
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.protocol import KeptTurn, Token
from fakes.chats import Telling, answered, say, some_chat, timed, writing
from fakes.waiting import until


@pytest.fixture
def telling() -> Telling:
    return Telling()


@pytest.fixture
def journal(file: Path, telling: Telling) -> Iterator[Journal]:
    journal = Journal(file, telling, retry_s=0.05)
    yield journal
    journal.close()


def ask(journal: Journal, run: str = "r1") -> None:
    journal.begin(some_chat())
    journal.ask(run, "c1", None, "Which colour?", 1000.0)


def append(journal: Journal, events: list[TimedEvent]) -> None:
    for event in events:
        journal.append("r1", event)


def turns(file: Path) -> list[KeptTurn]:
    with ChatStore(file) as store:
        return store.turns("c1")


async def test_a_question_and_what_is_said_are_on_the_disk_before_the_end(
    file: Path, journal: Journal, telling: Telling
) -> None:
    events = writing("r1", "The pump is blue")
    ask(journal)
    await until(lambda: [turn.question for turn in turns(file)] == ["Which colour?"])
    append(journal, events)
    await until(lambda: turns(file)[0].events == events)
    journal.append("r1", TimedEvent(9.0, answered("r1", "Blue.")))
    journal.finish("r1")
    await until(lambda: turns(file)[0].state == "done")
    assert turns(file)[0].events[:-1] == events
    assert telling.problems == []


def test_what_was_handed_over_is_written_before_the_end(file: Path, telling: Telling) -> None:
    journal = Journal(file, telling)
    ask(journal)
    append(journal, writing("r1", "The pump is blue"))
    journal.close()
    (turn,) = turns(file)
    assert (turn.state, turn.events) == ("going on", writing("r1", "The pump is blue"))


def test_an_answer_that_a_kill_has_cut_is_kept_as_a_broken_one(file: Path, telling: Telling) -> None:
    journal = Journal(file, telling)
    ask(journal)
    append(journal, writing("r1", "Blue as the sea"))
    journal.close()
    assert prepare(file) == ""
    (turn,) = turns(file)
    assert (turn.state, turn.answer, turn.profile) == ("broken", "Blueasthesea", "fast")
    assert turn.events == writing("r1", "Blue as the sea")


def test_an_answer_that_was_complete_before_the_kill_is_done(file: Path, telling: Telling) -> None:
    journal = Journal(file, telling)
    ask(journal)
    append(journal, timed(Token(run="r1", text="Blue."), answered("r1", "Blue.")))
    journal.close()
    prepare(file)
    assert turns(file)[0].state == "done"


def test_two_chats_at_a_time_keep_their_own_words(file: Path, telling: Telling) -> None:
    journal = Journal(file, telling)
    ask(journal, "r1")
    ask(journal, "r2")
    for first, second in zip(writing("r1", "a b c"), writing("r2", "x y z"), strict=True):
        journal.append("r1", first)
        journal.append("r2", second)
    journal.finish("r1", "stopped")
    journal.finish("r2", "stopped")
    journal.close()
    assert [(turn.answer, turn.state) for turn in turns(file)] == [("abc", "stopped"), ("xyz", "stopped")]


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_on_a_full_disk_the_answer_waits_and_is_written_when_there_is_room(
    file: Path, journal: Journal, telling: Telling
) -> None:
    ask(journal)
    await until(lambda: turns(file))
    with full_disk():
        append(journal, writing("r1", "The pump is blue"))
        await until(lambda: telling.problems)
        append(journal, writing("r1", "and loud"))
        journal.finish("r1", "stopped")
    await until(lambda: len(telling.problems) == 2)
    assert turns(file)[0].events == writing("r1", "The pump is blue") + writing("r1", "and loud")
    assert turns(file)[0].state == "stopped"
    why, then = telling.problems
    assert "cannot be written" in why
    assert "Make room" in why
    assert (then, journal.problem) == ("", "")


async def test_while_another_program_holds_the_file_nothing_is_lost(
    file: Path, journal: Journal, telling: Telling
) -> None:
    ask(journal)
    await until(lambda: turns(file))
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        append(journal, writing("r1", "The pump is blue"))
        journal.finish("r1", "stopped")
        await until(lambda: telling.problems)
        db.execute("COMMIT")
    await until(lambda: len(telling.problems) == 2)
    assert turns(file)[0].answer == "Thepumpisblue"


async def test_a_mistake_in_one_write_does_not_hold_up_the_others(
    file: Path, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    ask(journal)
    journal.write(lambda store: [][1])
    journal.write(lambda store: store.rename("c1", "Mine"))
    journal.append("r1", TimedEvent(0.0, Token(run="r1", text="\ud800")))
    journal.finish("r1", "stopped")
    journal.close()
    with ChatStore(file) as store:
        assert (store.chat("c1").title, store.chat("c1").state) == ("Mine", "stopped")
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


def test_a_mistake_in_what_is_handed_over_does_not_end_the_journal(
    file: Path, telling: Telling, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(file, telling)
    journal.hide([5])  # type: ignore[list-item]
    ask(journal)
    append(journal, timed(answered("r1", "All of it.")))
    journal.finish("r1")
    journal.close()
    assert [turn.answer for turn in turns(file)] == ["All of it."]
    assert "a part of a chat cannot be saved" in caplog.text


async def test_when_the_file_was_deleted_a_new_one_is_begun(file: Path, journal: Journal) -> None:
    ask(journal)
    await until(lambda: turns(file))
    for path in file.parent.iterdir():
        path.unlink()
    ask(journal)
    await until(lambda: turns(file))


async def test_what_comes_late_for_a_turn_that_has_ended_is_added_to_it(file: Path, journal: Journal) -> None:
    say(file, "?", "Blue.", run="r1")
    journal.append("r1", TimedEvent(9.0, Token(run="r1", text="late")))
    journal.close()
    assert [event.at for event in turns(file)[0].events] == [0.0, 0.1, 9.0]


def test_a_told_problem_that_nobody_hears_does_not_end_the_journal(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.write_text("a file where the folder should be")
    journal = Journal(file, lambda problem: 1 / 0)
    ask(journal)
    journal.close()
    assert "The last of a chat is lost" in caplog.text
    assert "cannot be written" in journal.problem


def test_the_writer_is_there_for_whoever_needs_one_transaction(file: Path) -> None:
    with ChatWriter(file) as store, contextlib.suppress(ZeroDivisionError), store.transaction():
        store.begin(some_chat())
        raise ZeroDivisionError
    with ChatStore(file) as reader:
        assert reader.chats() == []
