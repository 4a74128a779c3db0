import os
from pathlib import Path

import msgspec
import pytest
from rich.color import Color, ColorSystem

from docmind.agents.settings import Settings
from docmind.themes.loader import BUILT_IN, MOST_BYTES, Colours, Palette, load_palettes

GOOD = (BUILT_IN / "docmind-dark.toml").read_text()
TEXT = [name for name in Colours.__struct_fields__ if name not in ("background", "surface", "panel")]
BEHIND = ("background", "surface", "panel")


@pytest.fixture(scope="module")
def built_in() -> dict[str, Palette]:
    palettes, problems = load_palettes(None)
    assert problems == []
    return palettes


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, from 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2.2 defines it, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_contrast_that_the_standard_gives() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_there_is_a_dark_a_light_a_high_contrast_and_a_terminal_palette(built_in: dict[str, Palette]) -> None:
    assert {"docmind-dark", "docmind-light", "docmind-contrast", "docmind-terminal"} <= built_in.keys()
    assert Settings().theme in built_in
    assert (built_in["docmind-dark"].dark, built_in["docmind-light"].dark) == (True, False)


@pytest.mark.parametrize(("name", "least"), [("docmind-dark", 4.5), ("docmind-light", 4.5), ("docmind-contrast", 7)])
def test_every_text_can_be_read_on_every_background(built_in: dict[str, Palette], name: str, least: float) -> None:
    colours = msgspec.structs.asdict(built_in[name].colours)
    ratios = {(text, behind): contrast(colours[text], colours[behind]) for text in TEXT for behind in BEHIND}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < least} == {}


@pytest.mark.parametrize("name", ["docmind-dark", "docmind-light", "docmind-contrast"])
def test_with_256_colours_the_backgrounds_stay_grey_and_apart(built_in: dict[str, Palette], name: str) -> None:
    palette = built_in[name]
    shown = [Color.parse(getattr(palette.colours, role)).downgrade(ColorSystem.EIGHT_BIT) for role in BEHIND]
    seen = [colour.get_truecolor() for colour in shown]
    assert all(max(colour) - min(colour) <= 8 for colour in seen)
    assert len(set(seen)) == len(BEHIND)
    assert seen == sorted(seen, reverse=not palette.dark)


def test_the_terminal_palette_holds_nothing_but_the_terminals_colours(built_in: dict[str, Palette]) -> None:
    colours = msgspec.structs.asdict(built_in["docmind-terminal"].colours)
    assert all(colour.startswith("ansi_") for colour in colours.values())


def test_the_users_palettes_join_the_built_in_ones_and_win(tmp_path: Path, built_in: dict[str, Palette]) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace('"Dark"', '"Mine"'))
    (tmp_path / "docmind-light.toml").write_text(GOOD.replace('"Dark"', '"My light"'))
    (tmp_path / "notes.txt").write_text("not a palette")
    palettes, problems = load_palettes(tmp_path)
    assert problems == []
    assert palettes.keys() == built_in.keys() | {"mine"}
    assert (palettes["mine"].title, palettes["docmind-light"].title) == ("Mine", "My light")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("title = x", "line 1"),
        ("", "missing required field `title`"),
        (GOOD.replace("#d8dbe2", "mauve"), 'colours.foreground: expected a colour, such as "#7aa8e6" or "ansi_blue"'),
        (GOOD.replace("#d8dbe2", "#d8dbe2; color: red"), "colours.foreground: expected a colour"),
        (GOOD.replace('"#d8dbe2"', "7"), "$.colours.foreground"),
        (GOOD.replace("foreground", "foregruond"), "foregruond"),
        (GOOD.replace("true", '"yes"'), "$.dark"),
        (GOOD.replace('"Dark"', '""'), "$.title"),
        (GOOD + "#" * MOST_BYTES, "larger than 64 KB"),
        ("x = " + "[" * 10_000, ""),
        (b'title = "\xff"', "not in UTF-8"),
    ],
)
def test_a_broken_file_is_named_and_hides_no_other(tmp_path: Path, content: str | bytes, why: str) -> None:
    (tmp_path / "broken.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "fine.toml").write_text(GOOD)
    palettes, (problem,) = load_palettes(tmp_path)
    assert "fine" in palettes
    assert "broken" not in palettes
    assert problem.file == tmp_path / "broken.toml"
    assert why in problem.what
    assert problem.what


def test_a_broken_file_leaves_the_built_in_palette_of_its_name(tmp_path: Path, built_in: dict[str, Palette]) -> None:
    (tmp_path / "docmind-dark.toml").write_text("broken")
    palettes, problems = load_palettes(tmp_path)
    assert palettes["docmind-dark"] == built_in["docmind-dark"]
    assert len(problems) == 1


def test_what_is_no_file_is_no_palette_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "dangling.toml").symlink_to(tmp_path / "nowhere")
    _, problems = load_palettes(tmp_path)
    assert {problem.file.name: problem.what for problem in problems} == {
        "pipe.toml": "not a regular file",
        "folder.toml": "not a regular file",
        "dangling.toml": "there is no such file",
    }


def test_a_folder_that_is_missing_or_none_is_no_crash(tmp_path: Path, built_in: dict[str, Palette]) -> None:
    assert load_palettes(tmp_path / "missing") == (built_in, [])
    (tmp_path / "file").write_text("")
    palettes, (problem,) = load_palettes(tmp_path / "file")
    assert palettes == built_in
    assert problem.what == "Not a directory"
