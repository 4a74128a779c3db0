"""Palettes on the screen: no colour is shown but theirs, and the terminal's own stay the terminal's own."""

import re
from pathlib import Path

import msgspec
import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.containers import VerticalScroll
from textual.widgets import Static

from docmind.themes.loader import load_palettes
from docmind.tui.screens.theme_picker import ThemePicker
from docmind.tui.theming import as_theme, register
from program import Program
from terminal import Terminal

PALETTES, _ = load_palettes(None)


class Samples(App[int]):
    """A picker with its field and its list, and what scrolls behind it."""

    CSS = "VerticalScroll { height: 5; } Picker { background: transparent; }"

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static("\n".join("abcdefghij"))

    def on_mount(self) -> None:
        self.push_screen(ThemePicker(PALETTES, self.theme))

    def colours(self) -> set[str]:
        """All that are on the screen, as `#rrggbb`."""
        segments = (segment for strip in self.screen._compositor.render_strips() for segment in strip)
        styles = [segment.style for segment in segments if segment.style]
        return {
            Color.from_rich_color(colour).hex.lower()
            for style in styles
            for colour in (style.color, style.bgcolor)
            if colour
        }


@pytest.mark.parametrize("name", ["docmind-dark", "docmind-light", "docmind-contrast"])
async def test_every_colour_on_the_screen_is_one_of_the_palette(name: str) -> None:
    app = Samples()
    register(app, PALETTES)
    app.theme = name
    async with app.run_test():
        assert app.colours() <= set(msgspec.structs.asdict(PALETTES[name].colours).values())
        assert PALETTES[name].colours.background in app.colours()


async def test_another_theme_is_shown_at_once() -> None:
    app = Samples()
    register(app, PALETTES)
    app.theme = "docmind-dark"
    async with app.run_test() as pilot:
        before = app.colours()
        app.theme = "docmind-light"
        await pilot.pause()
        assert PALETTES["docmind-light"].colours.background in app.colours()
        assert PALETTES["docmind-dark"].colours.background in before - app.colours()


def test_a_mixed_palette_is_shown_as_rgb() -> None:
    own = PALETTES["docmind-terminal"]
    mixed = msgspec.structs.replace(own, colours=msgspec.structs.replace(own.colours, accent="#e0a458"))
    assert as_theme("own", own).ansi
    assert not as_theme("mixed", mixed).ansi


def test_the_terminals_own_colours_reach_a_truecolor_terminal_as_they_are(program: Program, folder: Path) -> None:
    config = program.config('theme = "docmind-terminal"\n')
    environ = {name: value for name, value in program.environ.items() if name != "NO_COLOR"}
    with Terminal(program.command("--config", config, folder), environ | {"COLORTERM": "truecolor"}) as terminal:
        terminal.wait("Ask about your documents")
        terminal.keys("f2")
        terminal.wait("type to filter")
        terminal.keys("escape")
        terminal.until(lambda: "type to filter" not in terminal.text())
        terminal.keys("ctrl+q")
        assert terminal.ended() == 0
    assert re.search(rb"\x1b\[(?:\d+;)*3[1-7]", terminal.raw)
    assert re.findall(rb"[34]8;[25];[\d;]+", terminal.raw) == []
