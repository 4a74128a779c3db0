"""The list of all keys and commands."""

from textual.app import App
from textual.widgets import Static

from docmind.tui.screens.help import HelpScreen


async def test_the_columns_stay_columns_when_the_terminal_becomes_narrower() -> None:
    app = App[None]()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = HelpScreen({})
        await app.push_screen(screen)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        told = screen.query_one(Static)
        assert told.size.width <= 76
        assert max(map(len, str(told.content).split("\n"))) <= told.size.width
