"""What the keys and commands of the chat open, switch and hide beside the transcript."""

from pathlib import Path

import pytest
from textual.widgets._toast import Toast

from chat import opened
from docmind.agents.protocol import Checked, Profiles
from docmind.agents.records import ProfileState
from docmind.tui.screens.command_picker import CommandPicker
from docmind.tui.screens.profile_picker import ProfilePicker
from docmind.tui.screens.theme_picker import ThemePicker
from docmind.tui.widgets.heading import Heading
from docmind.tui.widgets.sidebar import Sidebar
from docmind.tui.widgets.source_panel import SourcePanel
from docmind.tui.widgets.status import Status
from program import Program


def two_profiles() -> list[ProfileState]:
    return [ProfileState(name="big", kind="ollama", model="llama"), ProfileState(name="quotes", kind="quotes")]


async def test_models_are_chosen_from_a_list_or_by_number(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.until(lambda: "quotes" in chat.screen.choice.states)
        chat.screen._hear(Profiles(profiles=two_profiles()))
        await chat.press("f2")
        assert isinstance(chat.app.screen, ProfilePicker)
        await chat.write("big")
        await chat.press("enter")
        assert chat.screen.choice.chosen == "big"
        shown = chat.screen.query_one(Heading).profile
        assert shown is not None
        assert shown.name == "big"
        await chat.press("alt+2")
        assert chat.screen.choice.chosen == "quotes"
        await chat.press("tab", "1")
        assert chat.screen.choice.chosen == "big"
        await chat.press("ctrl+b", "escape")
        assert chat.screen.choice.chosen == "big"


async def test_a_profile_that_is_down_is_left_again_with_the_reason(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.until(lambda: chat.screen.query_one(Status).state == "ready")
        chat.screen._hear(Profiles(profiles=two_profiles()))
        await chat.press("alt+1")
        down = ProfileState(
            name="big", kind="ollama", state="down", code="ERR_5001", reason="Nobody listens.", hint="Start it."
        )
        chat.screen._hear(Checked(profile=down))
        await chat.until(lambda: "Nobody listens. quotes stays. [ERR_5001]" in chat.text())
        assert chat.screen.choice.chosen is None


async def test_an_unknown_profile_is_refused_by_name(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.until(lambda: "quotes" in chat.screen.choice.states)
        await chat.write("/model nothing")
        await chat.press("enter")
        assert "There is no profile 'nothing'." in chat.notices()


async def test_sources_open_and_close_and_go_on(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("f3")
        assert "No answer here has sources yet." in chat.notices()
        await chat.ask()
        panel = chat.screen.query_one(SourcePanel)
        await chat.press("f3")
        assert panel.is_open
        assert panel.citation is not None
        assert panel.citation.path == "pump.md"
        await chat.press("right", "left", "escape")
        assert not panel.is_open
        assert chat.prompt.has_focus
        await chat.write("/sources 7")
        await chat.press("enter")
        assert "No answer here has this source." in chat.notices()


async def test_the_sidebar_goes_and_stays_gone(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        assert chat.screen.query_one(Sidebar).display
        await chat.press("f4")
        assert not chat.screen.query_one(Sidebar).display
    async with opened(program, documents) as chat:
        assert not chat.screen.query_one(Sidebar).display
        await chat.press("f4")
        assert chat.screen.query_one(Sidebar).display


async def test_a_message_in_the_corner_covers_neither_the_prompt_nor_the_last_line(
    program: Program, documents: Path
) -> None:
    async with opened(program, documents, size=(80, 24), toasts=True) as chat:
        await chat.press("alt+8", "alt+9")
        await chat.until(lambda: len(chat.screen.query(Toast)) == 2)
        assert all(toast.region.bottom <= chat.prompt.region.y for toast in chat.screen.query(Toast))


async def test_a_source_takes_the_place_of_the_sidebar_where_both_do_not_fit(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        sidebar, panel = chat.screen.query_one(Sidebar), chat.screen.query_one(SourcePanel)
        status = chat.screen.query_one(Status)
        sidebar.post_message(Sidebar.SummaryChanged("41 tok/s"))
        await chat.press("f3")
        assert (sidebar.display, panel.size.width) == (False, 58)
        assert status.summary == "41 tok/s"
        await chat.press("f4")
        assert "There is no room for the sidebar" in chat.notices()
        await chat.pilot.resize_terminal(150, 40)
        await chat.until(lambda: sidebar.display and panel.display)
        assert not status.summary
        await chat.pilot.resize_terminal(120, 40)
        await chat.until(lambda: not sidebar.display)
        await chat.press("escape")
        assert sidebar.display
        assert not status.summary


async def test_a_theme_is_previewed_taken_and_remembered(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("f5", "down")
        assert isinstance(chat.app.screen, ThemePicker)
        assert chat.app.theme == "docmind-light"
        await chat.press("escape")
        assert chat.app.theme == "docmind-dark"
        await chat.press("f5", "down", "enter")
        assert chat.app.theme == "docmind-light"
    async with opened(program, documents) as chat:
        assert chat.app.theme == "docmind-light"
        await chat.write("/theme docmind-dark")
        await chat.press("enter")
        assert chat.app.theme == "docmind-dark"
        await chat.write("/theme pink")
        await chat.press("enter")
        assert "There is no theme 'pink'. Themes: docmind-contrast" in chat.notices()


@pytest.mark.parametrize("key", ["f1", "f2", "f5", "ctrl+p"])
async def test_what_lies_on_top_of_the_chat_can_be_left_for_good(key: str, program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press(key)
        await chat.leave("ctrl+q")


async def test_the_palette_finds_commands(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("ctrl+p")
        assert isinstance(chat.app.screen, CommandPicker)
        await chat.write("hide sideb")
        await chat.press("enter")
        await chat.until(lambda: not chat.screen.query_one(Sidebar).display)
        await chat.press("ctrl+p", "escape")
        assert chat.prompt.has_focus
        await chat.press("f4")
