"""Sentences end where a reader says they do."""

import pytest

from docmind.agents.library.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        ("A line\nthat goes on. Next", ["A line\nthat goes on.", "Next"]),
        (
            "Dr. Smith met J. R. Brown, cf. Fig. 3. They spoke.",
            ["Dr. Smith met J. R. Brown, cf. Fig. 3.", "They spoke."],
        ),
        ("It was 5 p.m. in the U.S. capital. Late.", ["It was 5 p.m. in the U.S. capital.", "Late."]),
        ("Texts through A.D. 200 are there.", ["Texts through A.D. 200 are there."]),
        ("It rose by 3.5 bar. Then 1.2.3 came.", ["It rose by 3.5 bar.", "Then 1.2.3 came."]),
        ("See example.org. here it goes on.", ["See example.org. here it goes on."]),
        ("He said “Stop.” She went (slowly.) Then", ["He said “Stop.”", "She went (slowly.)", "Then"]),
        ("It hums. [1] It stops.[2, 3] End", ["It hums. [1]", "It stops.[2, 3]", "End"]),
        ("# Title\nText here. More", ["# Title", "Text here.", "More"]),
        ("- one\n- two. Three\n1. four", ["- one", "- two.", "Three", "1. four"]),
        ("| a | b |\n|---|---|\n| c | d |", ["| a | b |", "| c | d |"]),
        ("Before\n-----\nBehind\n+++++++\n", ["Before", "Behind"]),
        ("Sources\n[1] a.txt\n[2] b.txt", ["Sources", "[1] a.txt", "[2] b.txt"]),
        ("One\n\ntwo\n \nthree", ["One", "two", "three"]),
        ("泵被移走了。它在响！真的？", ["泵被移走了。", "它在响！", "真的？"]),
        ("", []),
        (" \n\n\t", []),
    ],
)
def test_a_text_splits_into_its_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_a_long_text_without_stops_is_one_sentence() -> None:
    assert len(split("word " * 200_000)) == 1
