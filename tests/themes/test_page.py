"""What docs/themes.md says about themes is so."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from docmind.themes.loader import Colours, Palette, load_palettes

PAGE = (Path(__file__).parents[2] / "docs" / "themes.md").read_text()


def test_the_example_is_a_theme(tmp_path: Path) -> None:
    (tmp_path / "paper.toml").write_text(example())
    palettes, problems = load_palettes(tmp_path)
    assert problems == []
    assert palettes["paper"].title == "Old paper"


def test_every_colour_is_explained_in_the_order_of_the_files() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert tuple(listed) == Colours.__struct_fields__
    assert tuple(tomllib.loads(example())["colours"]) == Colours.__struct_fields__


def test_every_built_in_theme_is_named() -> None:
    listed = re.findall(r"^\| `([\w-]+-[\w-]+)` \|", PAGE, re.MULTILINE)
    assert sorted(listed) == sorted(load_palettes(None)[0])


@pytest.mark.parametrize("colour", sorted(set(re.findall(r"ansi_\w+", PAGE))))
def test_every_colour_of_the_terminal_that_is_named_can_be_used(colour: str) -> None:
    palette = tomllib.loads(example().replace("#f7f1e3", colour))
    assert msgspec.convert(palette, Palette).colours.background == colour


def example() -> str:
    return PAGE.partition("```toml\n")[2].partition("```")[0]
