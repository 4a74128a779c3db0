"""Markdown as lines of styled text."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style

from docmind.tui.transcript.blocks import Splitter
from docmind.tui.transcript.lines import Line, plain
from docmind.tui.transcript.markdown import render

LOOK = defaultdict(
    Style,
    {
        "citation": Style(underline=True),
        "heading": Style(bold=True),
        "link": Style(italic=True),
        "code-keyword": Style(bold=True),
    },
)


def lines(source: str, width: int = 40) -> list[Line]:
    splitter = Splitter()
    blocks = [*splitter.feed(source), *splitter.close()]
    return [line for block in blocks for line in render(block, width, LOOK)]


def shown(source: str, width: int = 40) -> list[str]:
    return [line.text.plain.rstrip() for line in lines(source, width)]


def styled(source: str, style: Style) -> list[str]:
    """The pieces of text that have this style."""
    found = []
    for line in lines(source):
        text = line.text
        found += [text.plain[span.start : span.end] for span in text.spans if span.style == style]
    return found


def test_paragraphs_are_wrapped_between_words() -> None:
    assert shown("The pump moved upstream of the exchanger.", 20) == ["The pump moved", "upstream of the", "exchanger."]


def test_a_wrapped_paragraph_is_copied_as_one_line() -> None:
    text = "The pump moved upstream of the exchanger.\n\nTwo."
    assert plain(lines(text, 20)) == "The pump moved upstream of the exchanger.\nTwo."


def test_wide_characters_are_wrapped_by_cells() -> None:
    assert all(line.text.cell_len <= 10 for line in lines("水温計測装置の冷却水循環系統の説明", 10))
    assert "".join(shown("水温計測装置の冷却水循環系統の説明", 10)) == "水温計測装置の冷却水循環系統の説明"


def test_nested_lists_are_indented_under_their_text() -> None:
    source = "1. one\n   - inner words that wrap\n2. two"
    assert shown(source, 18) == ["1. one", "   • inner words", "     that wrap", "2. two"]


def test_a_list_that_is_cut_goes_on_counting() -> None:
    assert shown("3. three\n4. four\n\n5. five") == ["3. three", "4. four", "5. five"]


def test_tables_stand_beside_each_other_where_they_fit() -> None:
    assert shown("| name | value |\n|---|---|\n| a | 1 |\n| bb | **2** |") == [
        "name  value", "───────────", "a     1", "bb    2"
    ]  # fmt: skip


def test_numbers_stand_at_the_right_where_the_table_says_so() -> None:
    assert shown("| name | value | sign |\n|---|--:|:-:|\n| a | 1 | x |\n| bb | 1,234 | |") == [
        "name  value  sign", "─────────────────", "a         1   x", "bb    1,234"
    ]  # fmt: skip


@pytest.mark.parametrize("side", ["--:", ":-:"])
def test_cells_of_an_aligned_column_are_wrapped(side: str) -> None:
    source = f"| name | value |\n|---|{side}|\n| a | some words that are long |"
    words = shown(source, 20)[2:]
    assert [line.split() for line in words] == [["a", "some", "words"], ["that", "are", "long"]]


def test_cells_are_wrapped_where_a_table_is_too_wide() -> None:
    source = "| name | value |\n|---|---|\n| a | some words that are long |"
    assert shown(source, 20) == ["name  value", "────────────────────", "a     some words", "      that are long"]


def test_a_table_that_does_not_fit_is_shown_row_by_row() -> None:
    source = "| first head | second head | third head |\n|---|---|---|\n| a | b | c |\n| d | e | f |"
    assert shown(source, 20) == [
        "first head: a", "second head: b", "third head: c", "", "first head: d", "second head: e", "third head: f"
    ]  # fmt: skip


def test_a_continued_table_does_not_repeat_its_head() -> None:
    rows = "".join(f"| row {n} | x |\n" for n in range(120))
    found = shown("| a | b |\n|---|---|\n" + rows)
    assert len(found) == 122
    assert found[0].split() == ["a", "b"]


def test_code_is_coloured_and_kept_as_it_is() -> None:
    source = "```python\ndef f():\n\n    return 1\n```"
    assert shown(source) == ["  def f():", "", "      return 1"]
    assert "def" in styled(source, Style(bold=True))
    assert plain(lines(source)).replace(" " * 20, "").splitlines()[0].startswith("def f():")


def test_long_code_is_folded_and_copied_whole() -> None:
    found = lines("```\n" + "x" * 50 + "\n```", 22)
    assert [line.text.plain.strip() for line in found] == ["x" * 20, "x" * 20, "x" * 10]
    assert plain(found).replace(" ", "") == "x" * 50


def test_links_are_shown_with_their_target() -> None:
    assert shown("See [the site](https://a.example/x) and <https://b.example>.", 90) == [
        "See the site (https://a.example/x) and https://b.example."
    ]


def test_citations_stand_out() -> None:
    assert styled("It moved [1], then [2, 3] and [?]; not [x] or `[4]`.", Style(underline=True)) == [
        "[1]",
        "[2, 3]",
        "[?]",
    ]


def test_underscores_are_part_of_names() -> None:
    assert shown("In __init__ and _private_, *not* **here**.") == ["In __init__ and _private_, not here."]


def test_html_and_images_are_text() -> None:
    assert shown("<b>bold</b> ![a map](x.png)", 60) == ["<b>bold</b> [image: a map]"]


@pytest.mark.parametrize("entity", ["&#x202e;", "&#27;", "&#x200b;", "&#155;"])
@pytest.mark.parametrize("around", ["{}x", "`{}x`", "[{}x](http://a)", "# {}x", "| {}x |\n|---|\n"])
def test_entities_smuggle_nothing_in(entity: str, around: str) -> None:
    text = "".join(shown(around.format(entity), 60))
    assert "x" in text
    assert all(character.isprintable() for character in text.replace("\ufffd", ""))


@given(st.text(alphabet="ab 水é\U0001f600*_`#>|[]()-1.\n\t~", max_size=300), st.integers(8, 60))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_whatever_comes_fits_the_width(source: str, width: int) -> None:
    assert all(line.text.cell_len <= max(width, 24) for line in lines(source, width))
