"""What the keys and commands of the chat do, with a real engine behind it."""

import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from docmind.agents.configuration import load
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import Checked, Failed, Profiles
from docmind.agents.records import ProfileState
from docmind.tui.app import DocmindApp, Start
from docmind.tui.commands import COMMANDS
from docmind.tui.keymap import bindings
from docmind.tui.screens.chat import ChatScreen
from docmind.tui.screens.help import HelpScreen
from docmind.tui.screens.profile_picker import ProfilePicker
from docmind.tui.screens.theme_picker import ThemePicker
from docmind.tui.transcript.view import Transcript
from docmind.tui.widgets.heading import Heading
from docmind.tui.widgets.prompt import Prompt
from docmind.tui.widgets.search_bar import SearchBar
from docmind.tui.widgets.sidebar import Sidebar
from docmind.tui.widgets.source_panel import SourcePanel
from docmind.tui.widgets.status import Status
from program import Program

QUESTION = "Is the pump of the cooling loop blue?"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One engine for all tests of this file."""
    program = Program(tmp_path_factory.mktemp("home"))
    yield program
    program.close()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "pump.md").write_text("# Cooling\n\nThe pump of the cooling loop is blue. It moves 18 litres a minute.\n")
    return folder


class Chat:
    """An open chat, and what its parts show."""

    def __init__(self, app: DocmindApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot
        self.copied: list[str] = []
        app.copy_to_clipboard = self.copied.append  # type: ignore[method-assign,assignment]

    @property
    def screen(self) -> ChatScreen:
        (screen,) = [screen for screen in self.app.screen_stack if isinstance(screen, ChatScreen)]
        return screen

    @property
    def prompt(self) -> Prompt:
        return self.screen.query_one(Prompt)

    @property
    def transcript(self) -> Transcript:
        return self.screen.query_one(Transcript)

    def text(self) -> str:
        """The transcript, without the styles."""
        lines = [self.transcript.layout_of_lines.line(n) for n in range(self.transcript.layout_of_lines.height)]
        return "\n".join(line.text.plain.rstrip() for line in lines if line)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def write(self, text: str) -> None:
        await self.press(*(NAMES.get(letter, letter) for letter in text))

    async def ask(self, question: str = QUESTION) -> None:
        """Until it is answered."""
        asked = len(re.findall("^You$", self.text(), re.M))
        await self.write(question)
        await self.press("enter")
        await self.until(lambda: len(re.findall(r"^  quotes$", self.text(), re.M)) > asked)

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(600):
            await self.pilot.pause(0.05)
            if condition():
                return
        raise AssertionError(self.text())

    def notices(self) -> str:
        return "\n".join(notice.message for notice in self.app._notifications)


NAMES = {" ": "space", "?": "question_mark", "/": "slash", ".": "full_stop", "[": "left_square_bracket"}


@asynccontextmanager
async def opened(
    program: Program, documents: Path, config: str = "", size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Chat]:
    loaded = load(program.config(config), {"DOCMIND_DATA_DIR": os.fspath(program.data_dir)}, {})
    app = DocmindApp(Start(loaded, [documents], "papers", []))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Chat(app, pilot)


def two_profiles() -> list[ProfileState]:
    return [ProfileState(name="big", kind="ollama", model="llama"), ProfileState(name="quotes", kind="quotes")]


async def test_every_command_has_its_method(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        owners = {"chat": chat.screen, "prompt": chat.prompt, "transcript": chat.transcript}
        for command in COMMANDS:
            name = re.sub(r"_\d$", "", command.name)
            assert callable(getattr(owners[command.place], f"action_{name}")), command.name
        assert {binding.id for binding in bindings("chat")} == {
            c.name for c in COMMANDS if c.place == "chat" and c.keys
        }


async def test_enter_sends_and_the_other_keys_break_the_line(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.write("Is the pump")
        for key in ("shift+enter", "ctrl+j", "alt+enter"):
            await chat.press(key)
        await chat.write("blue?")
        assert chat.prompt.text == "Is the pump\n\n\nblue?"
        assert chat.prompt.size.height == 4
        await chat.press("enter")
        assert chat.prompt.text == ""
        assert "You\nIs the pump\n\n\nblue?" in chat.text()


async def test_up_and_down_bring_earlier_questions_and_what_was_typed(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        for question in ("first?", "second?"):
            await chat.write(question)
            await chat.press("enter")
        await chat.write("third")
        shown = []
        for key in ("up", "up", "down", "down", "down"):
            await chat.press(key)
            shown.append(chat.prompt.text)
        assert shown == ["second?", "first?", "second?", "third", "third"]
        await chat.press("backspace")
        await chat.press("ctrl+underscore")
        assert chat.prompt.text == "third"
    async with opened(program, documents) as chat:
        await chat.press("ctrl+u", "up")
        assert chat.prompt.text == "second?"


async def test_f1_shows_all_commands_with_the_keys_of_the_user(program: Program, documents: Path) -> None:
    async with opened(program, documents, '[keys]\nsearch = "ctrl+g"\n') as chat:
        await chat.press("f1")
        assert isinstance(chat.app.screen, HelpScreen)
        text = chat.app.screen._text().plain
        assert all(command.help in re.sub(r"\s+", " ", text) for command in COMMANDS if command.name == "search")
        assert re.search(r"Ctrl\+G +/search", text)
        await chat.press("escape", "ctrl+g")
        assert chat.screen.query_one(SearchBar).is_open
        await chat.press("escape", "ctrl+f")
        assert not chat.screen.query_one(SearchBar).is_open


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


async def test_words_are_searched_and_the_hits_counted(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        await chat.press("ctrl+f")
        await chat.write("PUMP of the cooling")
        bar = chat.screen.query_one(SearchBar)
        await chat.until(lambda: bool(re.search(r"\d of \d", str(bar.place))))
        first = str(bar.place)
        await chat.press("enter")
        assert str(bar.place) != first
        await chat.press("escape")
        assert not bar.is_open
        assert chat.transcript.has_focus
        await chat.press("slash")
        assert bar.is_open
        await chat.press("escape", "n", "N", "tab")
        assert chat.prompt.has_focus
        await chat.write("/search blue")
        await chat.press("enter")
        assert bar.query_one(Input).value == "blue"


async def test_answers_and_selections_are_copied(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        await chat.press("f6")
        assert chat.copied[-1].startswith("The documents say:")
        await chat.press("tab", "c")
        assert chat.copied[-1].startswith("The documents say:")
        await chat.press("home", "v", "down", "down", "y")
        assert chat.copied[-1] == f"\nYou\n{QUESTION}"
        await chat.press("v", "down", "ctrl+c")
        assert len(chat.copied) == 4
        await chat.press("tab")
        await chat.write("typed")
        await chat.press("shift+home", "ctrl+c")
        assert chat.copied[-1] == "typed"
        assert chat.app.is_running


async def test_a_question_is_asked_again_and_a_new_chat_begins(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        await chat.press("ctrl+r")
        await chat.until(lambda: chat.text().count(f"You\n{QUESTION}") == 2)
        await chat.press("ctrl+n")
        assert chat.text() == ""
        await chat.ask()


async def test_the_palette_finds_commands(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("ctrl+p")
        await chat.write("sideb")
        await chat.pilot.pause(0.5)
        await chat.press("enter")
        await chat.until(lambda: not chat.screen.query_one(Sidebar).display)
        await chat.press("f4")


async def test_unknown_commands_are_told_and_stay_in_the_prompt(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.write("/modell quotes")
        await chat.press("enter")
        assert "There is no command /modell. Did you mean /model?" in chat.notices()
        assert chat.prompt.text == "/modell quotes"


async def test_the_keys_scroll_while_the_prompt_has_the_focus(program: Program, documents: Path) -> None:
    async with opened(program, documents, size=(80, 14)) as chat:
        for _ in range(3):
            await chat.ask()
        end = chat.transcript.scroll_y
        await chat.press("pageup")
        assert chat.transcript.scroll_y < end
        await chat.press("ctrl+home")
        assert chat.transcript.scroll_y == 0
        await chat.press("pagedown")
        assert chat.transcript.scroll_y > 0
        await chat.press("ctrl+end")
        assert chat.transcript.scroll_y == end


async def test_ctrl_c_leaves_only_the_second_time(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("ctrl+c")
        assert "Press Ctrl+C once more" in chat.notices()
        assert chat.app.is_running
        await chat.press("ctrl+c")
        assert chat.app.return_code == 0
        assert chat.app._exit


async def test_trouble_of_the_engine_is_told_in_the_text(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        chat.screen._hear(Failed(run="", code=Code.NO_FOLDER, message="The folder is gone.", hint="Bring it back."))
        assert "  The folder is gone. [ERR_2001]\n  Bring it back." in chat.text()


async def test_a_data_folder_that_cannot_be_written_is_told_once(
    program: Program, documents: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the place of the folder")
    loaded = load(None, {"DOCMIND_DATA_DIR": os.fspath(tmp_path / "file")}, {})
    app = DocmindApp(Start(loaded, [documents], "papers", [DocmindError(Code.CONFIG, "A wrong key.", "Mend it.")]))
    async with app.run_test() as pilot:
        chat = Chat(app, pilot)
        await chat.write("draft")
        await chat.until(lambda: "cannot be written" in chat.notices())
        await chat.until(lambda: "A wrong key. [ERR_1001]\n  Mend it." in chat.text() and "ERR_3001" in chat.text())
