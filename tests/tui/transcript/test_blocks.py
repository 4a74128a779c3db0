"""Cutting Markdown that arrives in pieces into blocks."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from docmind.tui.transcript.blocks import FENCE_LINES, LINE_CHARS, MOST_LINES, Block, Splitter


def split(*pieces: str) -> list[Block]:
    splitter = Splitter()
    return [*(block for piece in pieces for block in splitter.feed(piece)), *splitter.close()]


def sources(*pieces: str) -> list[str]:
    return [block.source.rstrip("\n") for block in split(*pieces)]


def test_paragraphs_are_blocks() -> None:
    assert sources("One\ntwo.\n\nThree.") == ["One\ntwo.", "Three."]


def test_items_of_a_list_are_blocks_without_a_gap_and_keep_what_belongs_to_them() -> None:
    blocks = split("- one\n  - inner\n\n  more of one\n- two\n\nText")
    assert [block.source.strip() for block in blocks] == ["- one\n  - inner\n\n  more of one", "- two", "Text"]
    assert [block.gap for block in blocks] == [True, False, True]


def test_a_fence_holds_empty_lines_and_ends_at_its_own_mark() -> None:
    assert sources("````py\na\n\n```\nb\n````\nText") == ["````py\na\n\n```\nb\n````", "Text"]


def test_a_long_fence_is_cut_into_parts_that_know_their_language() -> None:
    blocks = split("```python\n" + "x = 1\n" * 3 * FENCE_LINES + "```\n\nText")
    assert len(blocks) == 5
    assert [block.before for block in blocks] == ["", *["```python"] * 3, ""]
    assert [block.gap for block in blocks] == [True, False, False, False, True]


def test_a_long_table_is_cut_into_parts_that_know_its_head() -> None:
    blocks = split("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 3 * MOST_LINES)
    assert {block.before for block in blocks[1:]} == {"| a | b |\n|---|---|"}
    assert len(blocks) > 2


def test_a_line_without_end_is_cut_and_loses_nothing() -> None:
    text = "word " * LINE_CHARS
    blocks = split(text)
    assert "".join(block.source for block in blocks) == text
    assert max(len(block.source) for block in blocks) <= LINE_CHARS
    assert {block.separator for block in blocks[1:]} == {""}


def test_the_tail_stays_small_however_much_arrives() -> None:
    splitter = Splitter()
    for _ in range(2000):
        splitter.feed("- a list item of some words\n")
        assert len(splitter.tail.source) < 100


MARKDOWN = st.lists(
    st.sampled_from(
        ["- item", "  more", "text", "", "```", "~~~~", "| a | b |", "|---|---|", "1. one", "# Head", " ", "\n"]
    )
    | st.text(alphabet="ab `~|-\n", max_size=20),
    max_size=40,
).map("\n".join)


@given(MARKDOWN, st.lists(st.integers(0, 400), max_size=6))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_the_blocks_do_not_depend_on_how_the_text_arrives(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert split(*pieces) == split(text)


@given(MARKDOWN)
@settings(deadline=None, derandomize=True, max_examples=200)
def test_no_line_of_text_is_lost(text: str) -> None:
    kept = [line for block in split(text) for line in block.source.split("\n") if line.strip()]
    assert kept == [line for line in text.split("\n") if line.strip()]
