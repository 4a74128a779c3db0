"""The list of sources fits the terminal, and what one must know is never cut."""

import msgspec
import pytest

from docmind.agents.records import Citation
from docmind.tui.sources import source

LONG = Citation(
    n=3,
    path="papers/cooling/2024/revisions/manual-revC.pdf",
    page=12,
    lines=None,
    quote="The flow limit rose from 12 to 18 litres per minute.",
    verified=False,
)


def test_without_a_limit_nothing_is_cut_but_the_quote() -> None:
    wordy = msgspec.structs.replace(LONG, quote="word " * 100)
    line = source(wordy, "", "An answer.", None)
    assert line.startswith(f"[3] {LONG.path} p. 12   unverified   word word")
    assert line.endswith("word…")


def test_a_quote_that_the_answer_holds_is_not_repeated() -> None:
    assert source(LONG, "", f"It says: {LONG.quote}", None) == f"[3] {LONG.path} p. 12   unverified"


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (118, f"[3] papers/…/manual-revC.pdf p. 12   unverified   {LONG.quote}"),
        (78, "[3] papers/…/manual-revC.pdf p. 12   unverified   The flow limit rose from 12…"),
        (50, "[3] papers/…/manual-revC.pdf p. 12   unverified"),
        (38, "[3] manual-revC.pdf p. 12   unverified"),
        (34, "[3] manua…C.pdf p. 12   unverified"),
    ],
)
def test_the_path_is_shortened_first_and_the_quote_last(columns: int, line: str) -> None:
    assert source(LONG, "", "An answer.", columns) == line


def test_page_and_mark_are_never_cut() -> None:
    for columns in range(1, 140):
        shown = source(LONG, "", "An answer.", columns)
        assert " p. 12   unverified" in shown
        assert shown.startswith("[3] ")
        assert len(shown) <= max(columns, len("[3] 12345678 p. 12   unverified"))


def test_a_place_without_page_and_lines_is_named_by_its_heading() -> None:
    word = Citation(n=1, path="sample.docx", page=None, lines=None, quote="", verified=True)
    assert source(word, "Here are > Lists", "", None) == "[1] sample.docx > Here are > Lists"
    assert source(word, "A heading of many words " * 9, "", 40) == "[1] sample.docx > A heading…"
    assert source(LONG, "Cooling", LONG.quote, None) == f"[3] {LONG.path} p. 12   unverified"
