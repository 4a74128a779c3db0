"""Other chats on the screen, with the engine: opened at the words that were found, with their folders, and named."""

import asyncio
import os
import re
import shutil
from pathlib import Path

from textual.widgets import Input

from chat import Chat, opened
from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.protocol import ChatInfo, ToolCalled, ToolReturned
from docmind.agents.records import Passage
from docmind.tui.screens.broken import BrokenPicker
from docmind.tui.screens.chat_listing import Place
from docmind.tui.screens.chat_picker import ChatPicker
from docmind.tui.widgets.heading import Heading
from docmind.tui.widgets.search_bar import SearchBar
from fakes.chats import answered, some_chat, timed
from fakes.past import keep
from program import Program


def info(program: Program, chat: str) -> ChatInfo:
    with ChatStore(chats_file(program.data_dir)) as store:
        return store.chat(chat)


async def found(chat: Chat, words: str) -> None:
    """Opens the list with these words and takes the first row."""
    await chat.until(lambda: bool(chat.screen.chat))
    await chat.write(f"/chats {words}")
    await chat.press("enter")
    await chat.until(lambda: isinstance(chat.app.screen, ChatPicker))
    await chat.press("enter")
    await chat.until(lambda: not isinstance(chat.app.screen, ChatPicker))


async def test_a_chat_is_opened_at_the_turn_in_which_the_words_were_said(program: Program, documents: Path) -> None:
    root = os.fsencode(documents)
    keep(program.data_dir, "cafe", "What is it?", "Nobody mentioned walruses.", roots=[root], turns=30)
    async with opened(program, documents) as chat:
        await found(chat, "walrus")
        await chat.until(lambda: "walruses" in chat.text())
        bar = chat.screen.query_one(SearchBar)
        await chat.until(lambda: bar.is_open)
        assert bar.place == "30 of 30"
        await chat.press("tab", "N")
        assert bar.place == "29 of 30"
        await chat.press("escape")
        assert not bar.is_open


async def test_a_place_on_another_branch_is_shown_on_that_branch(program: Program, documents: Path) -> None:
    keep(program.data_dir, "ba5e", "What is it?", roots=[os.fsencode(documents)])
    with ChatWriter(chats_file(program.data_dir)) as store:
        for run, question in {"old": "Is it an ocelot?", "new": "Is it a cat?"}.items():
            store.ask(run, "ba5e", "ba5e-0", question, 1.0)
            store.append(run, timed(answered(run, "No.")))
            store.finish(run)
    async with opened(program, documents) as chat:
        await found(chat, "ocelot")
        await chat.until(lambda: "Is it an ocelot?" in chat.text())
        await chat.until(lambda: chat.screen.query_one(SearchBar).is_open)
        assert "Is it a cat?" not in chat.text()


async def test_a_chat_of_other_folders_opens_them_and_the_draft_of_each_is_kept(
    program: Program, documents: Path, tmp_path: Path
) -> None:
    other = tmp_path / "wiki"
    other.mkdir()
    (other / "valve.md").write_text("The valve is made of brass.")
    keep(program.data_dir, "beef", "Elsewhere?", "There is brass.", roots=[os.fsencode(other)])
    async with opened(program, documents) as chat:
        await chat.until(lambda: bool(chat.screen.chat))
        await chat.write("Half a quest")
        await chat.press("ctrl+o")
        await chat.until(lambda: isinstance(chat.app.screen, ChatPicker))
        await chat.write("brass")
        await chat.press("enter")
        await chat.until(lambda: "There is brass." in chat.text())
        assert chat.screen.query_one(Heading).folders.endswith("/wiki")
        assert not chat.prompt.text
        await chat.write("What is the valve made of?")
        await chat.press("enter")
        await chat.until(lambda: "The valve is made of brass." in chat.text())
        assert chat.screen.chat_roots == [os.fsencode(other)]
    async with opened(program, documents) as chat:
        assert chat.prompt.text == "Half a quest"


async def test_folders_that_are_gone_are_told_and_the_chat_is_read_all_the_same(
    program: Program, documents: Path, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    keep(program.data_dir, "dead", "About the heron?", "It flew away.", roots=[os.fsencode(gone)])
    shutil.rmtree(gone, ignore_errors=True)
    async with opened(program, documents) as chat:
        await found(chat, "heron")
        await chat.until(lambda: "of this chat is gone" in " ".join(chat.text().split()))
        assert "It flew away." in chat.text()
        assert str(chat.screen.query_one(Heading).folders) == "papers"


async def test_a_broken_answer_offers_to_ask_again_where_its_chat_is_taken_from_the_list(
    program: Program, documents: Path
) -> None:
    keep(program.data_dir, "fade", "Zebra crossing?", roots=[os.fsencode(documents)], broken=True)
    async with opened(program, documents) as chat:
        await found(chat, "zebra")
        await chat.until(lambda: isinstance(chat.app.screen, BrokenPicker))
        await chat.press("down", "enter")
        await chat.until(lambda: "2 of 2" in chat.text() and bool(re.search("^  quotes$", chat.text(), re.M)))
        assert "broke off" not in chat.text()


async def test_a_broken_answer_is_left_as_it_is_where_the_user_says_so(program: Program, documents: Path) -> None:
    keep(program.data_dir, "fern", "Okapi crossing?", roots=[os.fsencode(documents)], broken=True)
    async with opened(program, documents) as chat:
        await found(chat, "okapi")
        await chat.until(lambda: isinstance(chat.app.screen, BrokenPicker))
        await chat.press("down", "down", "enter")
        await chat.until(lambda: not isinstance(chat.app.screen, BrokenPicker))
        await chat.write("What else?")
        await chat.press("enter")
        await chat.until(lambda: bool(re.search("^  quotes$", chat.text(), re.M)))
        assert re.search("Okapi crossing?.*The question can be asked again.*What else?", chat.text(), re.S)
        assert not re.search("taken up again|of 2", chat.text())


async def test_the_open_list_tells_what_a_crash_has_cut_as_soon_as_the_engine_knows(
    program: Program, documents: Path
) -> None:
    with ChatWriter(chats_file(program.data_dir)) as store:
        store.begin(some_chat("feed", "Cut off?", roots=[os.fsencode(documents)]))
        store.ask("cut-off", "feed", None, "Cut off?", 1000.0)
    async with opened(program, documents) as chat:
        await chat.press("ctrl+o")
        await chat.until(lambda: isinstance(chat.app.screen, ChatPicker))
        picker = chat.app.screen
        assert isinstance(picker, ChatPicker)
        await chat.until(lambda: "feed" in picker._chats and picker._chats["feed"].state == "broken")


async def test_a_chat_is_named_in_the_prompt_and_a_question_brings_a_deleted_one_back(
    program: Program, documents: Path
) -> None:
    async with opened(program, documents) as chat:
        await chat.write("/title Too early")
        await chat.press("enter")
        assert "from its first question on" in chat.notices()
        await chat.ask()
        await chat.write("/title The blue pump")
        await chat.press("enter")
        await chat.until(lambda: "This chat is now: The blue pump" in chat.notices())
        name = chat.screen.chat
        assert info(program, name).titled_by == "user"
        with ChatStore(chats_file(program.data_dir), "rw") as store:
            store.delete(name, 1.0)
        await chat.ask("And what does it move?")
        await chat.until(lambda: info(program, name).deleted_at is None)
        assert info(program, name).title == "The blue pump"


async def test_a_title_given_on_the_command_line_is_seen_where_the_chat_is_open(
    program: Program, documents: Path
) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        heading = chat.screen.query_one(Heading)
        await chat.until(lambda: bool(info(program, chat.screen.chat).head))
        await renamed(program, chat.screen.chat, "Of pumps")
        await chat.until(lambda: heading.chat == "Of pumps")
        assert "papers · Of pumps" in str(heading.render())


async def test_a_chat_that_is_begun_elsewhere_comes_into_the_open_list_and_the_cursor_stays(
    program: Program, documents: Path
) -> None:
    keep(program.data_dir, "d00d", "Where is the dodo?", roots=[os.fsencode(documents)])
    async with opened(program, documents) as chat:
        await chat.until(lambda: bool(chat.screen.chat))
        await chat.write("/chats dodo")
        await chat.press("enter")
        await chat.until(lambda: isinstance(chat.app.screen, ChatPicker) and chat.app.screen.chosen == "d00d")
        picker = chat.app.screen
        assert isinstance(picker, ChatPicker)
        keep(program.data_dir, "d11d", "Is the dodo gone?", roots=[os.fsencode(documents)])
        await renamed(program, "d11d", "The dodo is gone")
        await chat.until(lambda: "d11d" in picker._chats)
        assert list(picker._chats)[:2] == ["d11d", "d00d"]
        assert (picker.chosen, picker.query_one(Input).value) == ("d00d", "dodo")


async def renamed(program: Program, chat: str, title: str) -> None:
    """By the command, while the screen goes on."""
    runtime = os.environ["XDG_RUNTIME_DIR"]  # that of the engine of this test
    done = await asyncio.to_thread(program.run, "chats", "rename", chat, title, XDG_RUNTIME_DIR=runtime)
    assert done.returncode == 0, done.stderr


async def test_words_in_the_part_of_a_long_chat_that_is_not_shown_are_shown_in_their_place(
    program: Program, documents: Path
) -> None:
    keep(program.data_dir, "1046", "Is it a narwhal?", roots=[os.fsencode(documents)])
    with ChatWriter(chats_file(program.data_dir)) as store:
        for n in range(1, 11):
            store.ask(f"1046-{n}", "1046", f"1046-{n - 1}", f"And number {n}?", 1.0)
            passages = [Passage(path="pump.md", text="The pump is blue. " * 70_000)]
            run = f"1046-{n}"
            read = ToolCalled(run=run, call="1", tool="read_document", input={})
            returned = ToolReturned(run=run, call="1", passages=passages, seconds=1.0)
            store.append(run, timed(read, returned, answered(run, "Yes.")))
            store.finish(run)
    async with opened(program, documents) as chat:
        await chat.until(lambda: bool(chat.screen.chat))
        chat.screen.action_chats("narwhal")
        await chat.until(lambda: isinstance(chat.app.screen, ChatPicker) and chat.app.screen.chosen == "1046")
        await chat.press("enter")
        await chat.until(lambda: "And number 10?" in chat.text())
        assert "earlier questions of this chat" in chat.text()
        chat.screen._open_place(Place("1046", "1046-0", "narwhal", frozenset({"narwhal"})))
        await chat.until(lambda: "Is it a narwhal?" in chat.text())
        await chat.until(lambda: chat.screen.query_one(SearchBar).is_open)
        assert "And number 10?" in chat.text()
