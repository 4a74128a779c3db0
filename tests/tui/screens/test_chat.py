"""What the keys and commands of the chat do to the prompt and the transcript."""

import os
import re
from pathlib import Path

from textual.widgets import Input

from chat import QUESTION, Chat, opened
from docmind.agents.configuration import load
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import Failed
from docmind.tui.app import DocmindApp, Start
from docmind.tui.commands import COMMANDS
from docmind.tui.engine_link import LinkState
from docmind.tui.keymap import bindings
from docmind.tui.screens.chat_picker import ChatPicker
from docmind.tui.screens.help import HelpScreen
from docmind.tui.widgets.heading import Heading
from docmind.tui.widgets.search_bar import SearchBar
from program import Program


async def test_every_command_has_its_method(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        owners = {"chat": chat.screen, "prompt": chat.prompt, "transcript": chat.transcript, "chats": ChatPicker}
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
    async with opened(program, documents, '[keys]\nsearch = "f11"\n') as chat:
        await chat.press("f1")
        assert isinstance(chat.app.screen, HelpScreen)
        text = chat.app.screen._text().plain
        assert all(command.help in re.sub(r"\s+", " ", text) for command in COMMANDS if command.name == "search")
        assert re.search(r"F11 +/search", text)
        await chat.press("escape", "f11")
        assert chat.screen.query_one(SearchBar).is_open
        await chat.press("escape", "ctrl+f")
        assert not chat.screen.query_one(SearchBar).is_open


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
        await chat.press("escape")
        assert not bar.is_open
        await chat.press("n")
        assert bar.is_open
        assert chat.transcript.has_focus
        assert bar.query_one(Input).value == "PUMP of the cooling"
        last = str(bar.place)
        await chat.press("n")
        assert str(bar.place) != last
        await chat.press("N")
        assert str(bar.place) == last
        await chat.press("escape", "tab")
        assert chat.prompt.has_focus
        await chat.write("/search blue")
        await chat.press("enter")
        assert bar.query_one(Input).value == "blue"


async def test_the_next_match_without_a_search_begins_one(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("tab", "n")
        bar = chat.screen.query_one(SearchBar)
        assert bar.is_open
        assert bar.query_one(Input).has_focus


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


async def test_a_command_with_nothing_to_do_says_so(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("f6", "ctrl+r", "alt+9", "tab", "c", "x", "y")
        assert chat.notices().splitlines() == [
            "There is no answer to copy yet.",
            "Nothing has been asked yet.",
            "There is no profile 9.",
            "There is no answer to copy yet.",
            "There is no code here to copy.",
            "Nothing is selected.",
        ]


async def test_a_question_is_asked_again_and_a_new_chat_begins(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        await chat.press("ctrl+r")
        await chat.until(lambda: f"You   2 of 2\n{QUESTION}" in chat.text())
        await chat.press("ctrl+n")
        assert chat.text() == ""
        await chat.ask()


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
        await chat.leave("ctrl+c")
        assert chat.app.return_code == 0


async def test_trouble_of_the_engine_is_told_in_the_text(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        chat.screen._hear(Failed(run="", code=Code.NO_FOLDER, message="The folder is gone.", hint="Bring it back."))
        assert "  The folder is gone. [ERR_2001]\n  Bring it back." in chat.text()


async def test_an_engine_that_does_not_start_is_told_once(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        error = DocmindError(Code.ENGINE_START, "The engine does not start.", "Look into its log.")
        chat.screen.workers.cancel_group(chat.screen, "engine")
        for _ in range(2):  # with the start, and when the list of models wants to know more
            chat.screen._hear(LinkState("starting"))
            chat.screen._hear(LinkState("failed", error))
        assert chat.text().count("The engine does not start. [ERR_3001]\n  Look into its log.") == 1
        chat.screen.ask("Why?")
        (run,) = chat.screen._runs
        chat.screen._hear(Failed(run=run, code=error.code, message=error.message, hint=error.hint))
        chat.screen._hear(LinkState("failed", error))
        assert chat.text().count("Look into its log.") == 2
        heading = chat.screen.query_one(Heading)
        assert "no engine" in str(heading.render())
        chat.screen._hear(LinkState("ready"))
        chat.screen._hear(LinkState("failed", error))
        assert chat.text().count("Look into its log.") == 3
        chat.screen._hear(LinkState("starting"))
        assert "no engine" not in str(heading.render())


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
