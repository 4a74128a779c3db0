"""The picker of themes: each is shown while the cursor is on it; Enter keeps it, Esc does not."""

import pytest
from textual.app import App
from textual.widgets import OptionList

from docmind.themes.loader import load_palettes
from docmind.tui.screens.theme_picker import ThemePicker
from docmind.tui.theming import register

PALETTES, _ = load_palettes(None)
NAMES = list(PALETTES)
DARK = NAMES.index("docmind-dark")


class Opened(App[int]):
    """Opens the picker, and keeps what was taken."""

    def __init__(self) -> None:
        super().__init__()
        register(self, PALETTES)
        self.theme = "docmind-dark"
        self.picker = ThemePicker(PALETTES, self.theme)
        self.taken: list[str | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.picker, self.taken.append)


async def test_the_theme_under_the_cursor_is_shown() -> None:
    app = Opened()
    async with app.run_test() as pilot:
        assert (app.theme, app.picker.chosen) == ("docmind-dark", "docmind-dark")
        for step in range(1, len(NAMES) + 1):
            await pilot.press("down")
            await pilot.pause()
            assert app.theme == NAMES[(DARK + step) % len(NAMES)]


async def test_what_the_filter_leaves_is_shown() -> None:
    app = Opened()
    async with app.run_test() as pilot:
        await pilot.press(*"light")
        await pilot.pause()
        assert app.picker.query_one(OptionList).option_count == 1
        assert app.theme == "docmind-light"


@pytest.mark.parametrize(
    ("key", "taken", "left"), [("enter", NAMES[DARK + 1], NAMES[DARK + 1]), ("escape", None, "docmind-dark")]
)
async def test_enter_keeps_the_theme_and_escape_brings_the_old_one_back(key: str, taken: str | None, left: str) -> None:
    app = Opened()
    async with app.run_test() as pilot:
        await pilot.press("down", key)
        await pilot.pause()
        assert app.taken == [taken]
        assert app.theme == left


async def test_every_theme_is_named_with_its_title_and_the_current_one_is_marked() -> None:
    app = Opened()
    async with app.run_test():
        rows = [str(option.prompt) for option in app.picker.query_one(OptionList).options]
    assert [row.removeprefix("▸").split()[0] for row in rows] == NAMES
    assert all(PALETTES[name].title in row for name, row in zip(NAMES, rows, strict=True))
    assert [row.startswith("▸") for row in rows].index(True) == DARK


@pytest.mark.parametrize("name", NAMES)
async def test_the_line_under_the_cursor_stands_out_in_every_theme(name: str) -> None:
    app = Opened()
    async with app.run_test() as pilot:
        await pilot.press(*["down"] * ((NAMES.index(name) - DARK) % len(NAMES)))
        await pilot.pause()
        options = app.picker.query_one(OptionList)
        behind = [{each.style.bgcolor for each in options.render_line(y) if each.style} for y in range(len(NAMES))]
    assert all(len(colours) == 1 for colours in behind)
    at = NAMES.index(name)
    assert [colours == behind[at] for colours in behind] == [other == at for other in range(len(NAMES))]
