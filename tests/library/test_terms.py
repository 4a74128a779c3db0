"""Stems are those of the index; numbers and names are found however they are written."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from docmind.agents.library.stopwords import STOP_WORDS
from docmind.agents.library.terms import TOKENIZER, content, names, numbers, readings, stems


def test_stems_keep_the_order_of_each_text() -> None:
    assert stems(["The pumps were MOVED upstream", "", "l'eau, Übung!"]) == [
        ["the", "pump", "were", "move", "upstream"],
        [],
        ["l", "eau", "ubung"],
    ]


def test_every_stem_is_found_by_the_index() -> None:
    texts = ["Conversions of historical texts were generalised.", "Straße, naïve, 12.5 µm, 泵被移走了"]
    index = sqlite3.connect(":memory:")
    index.execute(f"CREATE VIRTUAL TABLE t USING fts5(x, tokenize='{TOKENIZER}')")
    index.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, row)")
    index.executemany("INSERT INTO t VALUES (?)", [(text,) for text in texts])
    held = {term for (term,) in index.execute("SELECT term FROM v")}
    index.close()
    assert {stem for found in stems(texts) for stem in found} == held


def test_threads_do_not_mix_their_texts() -> None:
    texts = [[f"word{i} pump", f"tail{i}"] for i in range(50)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(stems, texts)) == [[[f"word{i}", "pump"], [f"tail{i}"]] for i in range(50)]


def test_content_leaves_stop_words_out() -> None:
    assert content(stems(["Where did the pumps move?"])[0]) == {"pump", "move"}
    assert content(stems(["Who are you?"])[0]) == set()


def test_stop_words_are_single_small_words() -> None:
    assert all(word.isalpha() and word == word.lower() for word in STOP_WORDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,000 litres", {"1000"}),
        ("1 000 000 litres", {"1000000"}),
        ("1\u202f000 or 1'000", {"1000"}),
        ("3.5 bar or 3,5 bar", {"3.5"}),
        ("from 12 to 18", {"12", "18"}),
        ("12-18 l/min", {"12", "18"}),
        ("50% of 007", {"50", "7"}),
        ("9.6.1992", {"9", "6", "1992"}),
        ("in 1992 100 people", {"1992", "100"}),
        ("the 5th in 10km", {"5", "10"}),
        ("$1,250.50", {"1250.50"}),
        ("the H100 and x86", set()),
        ("no numbers", set()),
    ],
)
def test_numbers_have_one_spelling(text: str, expected: set[str]) -> None:
    assert numbers(text) == expected


def test_a_text_can_be_read_to_hold_words_as_numbers() -> None:
    assert readings("Three of 12,18 valves") >= {"3", "12", "18"}
    assert "2" not in readings("three of 12,18 valves")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Carl Fleischhauer of the Library of Congress spoke.", {"Fleischhauer", "Library", "Congress"}),
        ("The pump moved.", set()),
        ("He said: The pump. “It hums,” I heard.", set()),
        ("NASA tested the H100.", {"NASA", "H100"}),
        ("So McQueen met Dr. Brown and Mrs. Ångström.", {"McQueen", "Brown", "Ångström"}),
        ("- Valves went to Chadwyck-Healey", {"Chadwyck", "Healey"}),
        ("The Sperberg-McQueen talk", {"Sperberg", "McQueen"}),
        ("La pompe de François Müller", {"François", "Müller"}),
        ("泵被移走了。", set()),
    ],
)
def test_names_are_capitals_that_their_position_does_not_explain(sentence: str, expected: set[str]) -> None:
    assert names(sentence) == expected
