"""Finding chats again: any text is a query, every word counts, and the hit is shown in its place."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docmind.agents.chats import search as searching
from docmind.agents.chats.records import Hit
from docmind.agents.chats.store import ChatStore
from docmind.agents.chats.writing import ChatWriter
from fakes.chats import say, some_chat


@pytest.fixture
def found_in(file: Path) -> Path:
    say(file, "Which colour has the pump?", "The pump is **cerulean** [1].", run="r1", chat="c1")
    say(file, "And the valve?", "The valves were pumping\n\n- slowly\n- loudly", run="r2", chat="c1", parent="r1")
    say(file, "Wie heißt die Zange für 水?", "Größe und naïve façade", run="r3", chat="c2")
    return file


def search(file: Path, query: str, typing: bool = False) -> list[Hit]:
    with ChatStore(file) as store:
        return searching.search(store, query, typing=typing)


def shown(hit: Hit) -> list[str]:
    return [hit.snippet[start:end] for start, end in hit.marks]


def test_a_hit_says_where_it_stands_and_marks_the_words(found_in: Path) -> None:
    second, first = search(found_in, "pump")
    assert (first.chat, first.run, first.where, first.title) == ("c1", "r1", "question", "Pumps")
    assert first.snippet == "Which colour has the pump?"
    assert shown(first) == ["pump"]
    assert (second.run, second.where, shown(second)) == ("r2", "answer", ["pumping"])
    assert second.snippet == "The valves were pumping - slowly - loudly"


@pytest.mark.parametrize(
    ("query", "runs"),
    [
        ("valve pump", ["r2"]),
        ("PUMP cerulean", ["r1"]),
        ("the pump", ["r2", "r1"]),
        ('"colour has"', ["r1"]),
        ('"has colour"', []),
        ("naive facade", ["r3"]),
        ("grösse", []),
        ("größe", ["r3"]),
        ("", []),
        ("!?", []),
        ("NOT pump", ["r2", "r1"]),
        ('pump" AND "the', ["r2", "r1"]),
    ],
)
def test_all_words_have_to_be_there(found_in: Path, query: str, runs: list[str]) -> None:
    assert [hit.run for hit in search(found_in, query)] == runs


@pytest.mark.parametrize(
    ("query", "runs", "marked"),
    [
        ("泵", ["r5", "r4"], ["泵"]),
        ("蓝色", ["r4"], ["蓝色"]),
        ("蓝色 usb泵", ["r4"], ["USB泵", "蓝色"]),
        ("水泵", [], []),
        ("펌프", ["r6"], ["펌프"]),
    ],
)
def test_words_of_scripts_without_spaces_are_found_in_the_middle_of_a_clause(
    file: Path, query: str, runs: list[str], marked: list[str]
) -> None:
    say(file, "?", "冷却回路中的USB泵是蓝色的。" + "很长" * 300, run="r4")
    say(file, "这个泵" + "很长" * 300 + "是什么颜色", "Blue.", run="r5")
    say(file, "?", "냉각 회로의 펌프는 파란색입니다.", run="r6")
    hits = search(file, query)
    assert [hit.run for hit in hits] == runs
    if hits:
        assert shown(hits[-1]) == marked
        assert len(hits[-1].snippet) < 100


def test_of_words_without_spaces_around_them_the_newest_turns_are_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MOST_READ", 2)
    for number in range(3):
        say(file, "?", "泵是蓝色的", run=f"r{number}")
    assert [hit.run for hit in search(file, "蓝色")] == ["r2", "r1"]
    assert [hit.run for hit in search(file, "泵是蓝色的")] == ["r2", "r1"]


def test_without_a_turn_that_has_all_words_those_with_some_of_them_come(found_in: Path) -> None:
    assert {hit.run for hit in search(found_in, "cerulean facade")} == {"r1", "r3"}


def test_a_word_that_is_being_typed_is_found_by_its_beginning(found_in: Path) -> None:
    assert search(found_in, "ceru") == []
    assert [hit.run for hit in search(found_in, "ceru", typing=True)] == ["r1"]
    assert search(found_in, "ceru ", typing=True) == []


def test_an_answer_is_found_once_it_has_ended_and_no_more_when_the_chat_is_deleted(file: Path) -> None:
    say(file, "?", "A heron.", run="r1")
    with ChatWriter(file) as store:
        assert [hit.run for hit in searching.search(store, "heron")] == ["r1"]
        store.delete("c1", 1000.0)
        assert searching.search(store, "heron") == []
        store.undelete("c1")
        assert [hit.run for hit in searching.search(store, "heron")] == ["r1"]
        store.delete("c1", 1000.0)
        store.purge(1e9)
        assert searching.search(store, "heron") == []


def test_a_title_that_is_no_question_is_found_too(found_in: Path) -> None:
    assert [hit.where for hit in search(found_in, "Budget")] == []
    with ChatStore(found_in, "rw") as store:
        store.rename("c2", "The budget of 2026")
    (hit,) = search(found_in, "budget")
    assert (hit.where, hit.chat, hit.run, shown(hit)) == ("title", "c2", "r3", ["budget"])
    with ChatStore(found_in, "rw") as store:
        store.rename("c2", "ÜBER PUMPEN")
    assert [(hit.where, shown(hit)) for hit in search(found_in, "über")] == [("title", ["ÜBER"])]


def test_the_newest_turns_come_first_and_no_more_than_wanted(file: Path) -> None:
    for number in range(9):
        say(file, "Heron?", run=f"r{number}")
    with ChatStore(file) as store:
        assert [hit.run for hit in searching.search(store, "heron", limit=3)] == ["r8", "r7", "r6"]


def test_frequent_words_are_not_ranked(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_RANKED", 3)
    for number in range(5):
        say(file, f"Heron egret{number}?", run=f"r{number}")
    assert {hit.run for hit in search(file, "egret0 stork egret1 heron")} == {"r1", "r0"}
    assert [hit.run for hit in search(file, "heron stork")] == ["r4", "r3", "r2", "r1", "r0"]


def test_what_a_terminal_would_obey_does_not_come_out(file: Path) -> None:
    with ChatWriter(file) as store:
        store.begin(some_chat(title="A\x1b[2Jtitle"))
    say(file, "A heron\x1b]0;x\x07\x02 here?", run="r1")
    (hit,) = search(file, "heron")
    assert (hit.title, hit.snippet) == ("Atitle", "A heron here?")


@given(query=st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_any_text_is_a_query(found_in: Path, query: str) -> None:
    for hit in search(found_in, query, typing=True):
        assert all(0 <= start < end <= len(hit.snippet) for start, end in hit.marks)
