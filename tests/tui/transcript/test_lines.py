"""Lines of styled text: what their pieces look like, and how they are joined again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style
from rich.text import Text

from docmind.tui.transcript.lines import Line, fold, indented, plain, segments_of, wrap

BOLD = Style(bold=True)


@pytest.mark.parametrize("text", [Text("You", BOLD), Text.assemble(("You", BOLD)), wrap(Text("You", BOLD), 8)[0].text])
def test_text_in_one_style_keeps_it(text: Text) -> None:
    assert [(piece.text, piece.style) for piece in segments_of(text)] == [("You", BOLD)]


def test_text_in_several_styles_keeps_them() -> None:
    pieces = segments_of(Text.assemble("see ", ("[1]", BOLD)))
    assert [(piece.text, piece.style == BOLD) for piece in pieces] == [("see ", False), ("[1]", True)]


@given(st.text(alphabet="ab水 ", max_size=80), st.integers(2, 20))
@settings(max_examples=300, deadline=None)
def test_a_line_that_was_wrapped_is_joined_as_it_was_written(text: str, width: int) -> None:
    joined = plain(wrap(Text(text), width))
    assert joined.split() == text.split()


def test_a_margin_is_shown_and_not_copied() -> None:
    lines = indented([Line(Text("one")), Line(Text("two"))], Text("• "), Text("  "))
    assert [line.text.plain for line in lines] == ["• one", "  two"]
    assert plain(lines) == "one\ntwo"


def test_code_is_broken_by_cells_and_joined_without_a_gap() -> None:
    lines = fold(Text("水水水水"), 4)
    assert [line.text.plain for line in lines] == ["水水", "水水"]
    assert plain(lines) == "水水水水"
