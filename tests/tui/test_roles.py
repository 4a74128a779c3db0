"""Colours come from the theme: no style sheet and no style in the code names one itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.color import Color, ColorParseError

TUI = Path(__file__).parents[2] / "tui"
PALETTES = {TUI / "theming.py"}
"""Turns the colours of a palette into roles, and may name the terminal's own."""
ATTRIBUTES = {"bold", "dim", "italic", "underline", "underline2", "reverse", "strike", "blink", "overline", "not", "on"}


def is_colour(word: str) -> bool:
    try:
        Color.parse(word)
    except ColorParseError:
        return False
    return word != "transparent"


def in_css(css: str) -> list[str]:
    """The colours that the declarations of a style sheet name."""
    values = re.findall(r"[\w-]+\s*:\s*([^:;{}]+);", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    words = [word for value in values for word in re.findall(r"[\w-]+\([^)]*\)|[^\s,]+", value)]
    return [word for word in words if is_colour(word)]


def in_style(text: str) -> list[str]:
    """The colours of a string that is nothing but a style, such as `bold red`, or of the tags of its markup."""
    named = []
    for style in (text, *re.findall(r"\[([^\[\]/][^\[\]]*)\]", text)):
        words = style.split()
        colours = [word for word in words if is_colour(word)]
        if all(word in ATTRIBUTES or word.startswith("$") or word in colours for word in words):
            named += colours
    return named


def strings(path: Path) -> Iterator[str]:
    """All string literals of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", sorted(TUI.rglob("*.tcss")), ids=lambda path: path.name)
def test_style_sheets_name_roles_only(path: Path) -> None:
    assert in_css(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", sorted({*TUI.rglob("*.py")} - PALETTES), ids=lambda path: str(path.relative_to(TUI)))
def test_code_names_roles_only(path: Path) -> None:
    found = [colour for text in strings(path) for colour in (*in_style(text), *(in_css(text) if "{" in text else ()))]
    assert found == []


@pytest.mark.parametrize(
    "css", ["color: red;", "background: #fff 50%;", "border-left: outer rgb(1,2,3);", "tint: ansi_red;"]
)
def test_a_colour_in_a_style_sheet_is_noticed(css: str) -> None:
    assert len(in_css(f"A {{ width: 1fr; {css} color: $text; }}")) == 1


@pytest.mark.parametrize("style", ["red", "bold #aabbcc", "$primary on blue", "[bold red]Stop[/]", "ansi_green"])
def test_a_colour_in_a_style_is_noticed(style: str) -> None:
    assert len(in_style(style)) == 1
