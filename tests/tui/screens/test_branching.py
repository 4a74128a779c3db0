"""Working with the past: questions are edited and asked again, answers go on, are compared, quoted and copied."""

import contextlib
import re
import sqlite3
from pathlib import Path

from chat import QUESTION, Chat, opened
from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.protocol import Show
from docmind.tui.screens.compare import CompareScreen
from docmind.tui.transcript.view import Transcript
from fakes import FakeServer
from program import Program

OTHER = "Is the pump of the loop green?"
SEARCH = 'Thought: I look.\nAction: search_documents\nAction Input: {"query": "pump"}'
SAID = " ".join(f"word{n}" for n in range(80))


def model(server: FakeServer) -> str:
    return (
        f'profile = "model"\nfallback = ["quotes"]\n[profiles.model]\nkind = "ollama"\nurl = "{server.ollama_url}"\n'
        f'model = "{server.model}"\n[profiles.quotes]\nkind = "quotes"\n'
    )


def script(messages: list[dict[str, str]]) -> str:
    looked = str(messages[-1]["content"]).startswith("Observation:")
    return f"Thought: I can answer now.\nAnswer: {SAID}" if looked else SEARCH


def by_quotes(chat: Chat) -> int:
    """How many answers stand there."""
    return len(re.findall(r"^  quotes$", chat.text(), re.M))


def text(transcript: Transcript) -> str:
    layout = transcript.layout_of_lines
    return "\n".join(line.text.plain for n in range(layout.height) if (line := layout.line(n)))


async def edited(chat: Chat) -> None:
    """The first of two questions is asked in other words."""
    await chat.ask()
    await chat.ask("How many litres?")
    await chat.press("tab", "k", "k", "k", "k", "k", "k", "k", "k", "e")
    assert chat.prompt.text == QUESTION
    chat.prompt.replace_text(OTHER)
    await chat.press("enter")
    await chat.until(lambda: f"You   2 of 2\n{OTHER}" in chat.text() and by_quotes(chat) == 1)


async def test_an_edited_question_takes_the_place_of_the_old_one_which_stays_reachable(
    program: Program, documents: Path
) -> None:
    async with opened(program, documents) as chat:
        await edited(chat)
        assert "How many litres?" not in chat.text()
        assert QUESTION not in chat.text()
        await chat.press("tab", "left")
        await chat.until(lambda: f"You   1 of 2\n{QUESTION}" in chat.text())
        assert "How many litres?" in chat.text()
        assert OTHER not in chat.text()
        await chat.press("left", "right")
        await chat.until(lambda: f"You   2 of 2\n{OTHER}" in chat.text())
        assert "How many litres?" not in chat.text()


async def test_an_edit_keeps_its_place_when_another_screen_turns_to_another_branch(
    program: Program, documents: Path
) -> None:
    async with opened(program, documents) as chat:
        await edited(chat)
        await chat.press("alt+e")
        turn = chat.transcript.last_turn
        assert turn
        chat.screen.link.send(Show(run=turn.beside[0]))
        await chat.until(lambda: "How many litres?" in chat.text())
        chat.prompt.replace_text("Of which colour is it?")
        await chat.press("enter")
        await chat.until(lambda: "You   3 of 3\nOf which colour is it?" in chat.text() and by_quotes(chat) == 1)
        assert "How many litres?" not in chat.text()


async def test_an_edit_that_was_left_is_a_new_question(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        await chat.press("alt+e", "escape", "enter")
        await chat.until(lambda: by_quotes(chat) == 2)
        assert "of 2" not in chat.text()


async def test_a_question_is_asked_again_of_another_profile_and_both_answers_are_compared(
    program: Program, documents: Path
) -> None:
    with FakeServer(script) as server:
        async with opened(program, documents, model(server)) as chat:
            await chat.write("/compare")
            await chat.press("enter")
            assert "Nothing has been asked yet." in chat.notices()
            await chat.write("Which colour?")
            await chat.press("enter")
            await chat.until(lambda: "word79" in chat.text() and "model ·" in chat.text())
            await chat.press("alt+c")
            assert "This question was asked only once." in chat.notices()
            await chat.write("/again nobody")
            await chat.press("enter")
            assert "There is no profile 'nobody'." in chat.notices()
            await chat.press("ctrl+a", "ctrl+k")
            chat.prompt.clear()
            await chat.write("/again quotes")
            await chat.press("enter")
            await chat.until(lambda: "You   2 of 2" in chat.text() and by_quotes(chat) == 1)
            assert "word79" not in chat.text()
            await chat.press("alt+c")
            await chat.until(lambda: isinstance(chat.app.screen, CompareScreen))
            screen = chat.app.screen
            await chat.until(lambda: "word0" in "".join(text(each) for each in screen.query(Transcript)))
            titles = [str(each.render()) for each in screen.query(".title")]
            assert [title.split()[-1] for title in titles] == ["model", "quotes"]
            assert {each.region.y for each in screen.query(Transcript)} == {1}
            await chat.press("right", "pagedown", "escape")
            assert not isinstance(chat.app.screen, CompareScreen)


async def test_a_stopped_answer_goes_on_and_the_seam_is_marked(program: Program, documents: Path) -> None:
    with FakeServer(script, gap=0.02) as server:
        async with opened(program, documents, model(server)) as chat:
            await chat.press("ctrl+g")
            assert "Nothing has been asked yet." in chat.notices()
            await chat.write("Which colour?")
            await chat.press("enter")
            await chat.until(lambda: "word20 " in chat.text())
            await chat.press("ctrl+g")
            assert "This answer is still being written." in chat.notices()
            await chat.press("escape")
            await chat.until(lambda: "Stopped. What was said stays." in chat.text())
            server.gap = 0.0
            await chat.press("ctrl+g")
            await chat.until(lambda: "model ·" in chat.text())
            assert "─ stopped; taken up again ─" in chat.text()
            assert "Stopped." not in chat.text()
            answer = chat.transcript.last_turn.answer  # type: ignore[union-attr]  # it is there
            assert answer.strip() == SAID
            assert chat.text().count("searched") == 1
            await chat.press("ctrl+g")
            assert "This answer is complete." in chat.notices()


async def test_what_was_said_is_quoted_into_the_prompt(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("alt+q")
        assert "There is nothing to quote yet." in chat.notices()
        await chat.ask()
        await chat.write("See:")
        await chat.press("alt+q")
        assert chat.prompt.text.startswith("See:\n\n> ")
        assert "> " in chat.prompt.text.splitlines()[-1] or chat.prompt.text.endswith("\n\n")
        assert chat.prompt.has_focus
        chat.prompt.clear()
        await chat.press("tab", "ctrl+home", "k", "k", "k", "k", "v", ">")
        assert chat.prompt.text.startswith("> You")


async def test_a_copy_goes_on_by_itself(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.write("/fork")
        await chat.press("enter")
        assert "There is nothing to copy yet." in chat.notices()
        await edited(chat)
        before = chat.screen.chat
        await chat.press("alt+d")
        await chat.until(lambda: chat.screen.chat != before and OTHER in chat.text())
        assert "This is a copy." in chat.notices()
        await chat.ask("How many litres?")
        await chat.press("tab", "left")
        await chat.until(lambda: QUESTION in chat.text())
        assert "You   1 of 2" in chat.text()


async def test_what_cannot_be_copied_is_not_called_a_copy(program: Program, documents: Path) -> None:
    ChatWriter(chats_file(program.data_dir)).close()
    with contextlib.closing(sqlite3.connect(chats_file(program.data_dir))) as db:
        db.execute("PRAGMA user_version=99")
    async with opened(program, documents) as chat:
        await chat.ask()
        before = chat.screen.chat
        await chat.press("alt+d")
        await chat.until(lambda: "cannot be copied while it is not being saved" in chat.text())
        await chat.until(lambda: QUESTION in chat.text())
        assert chat.screen.chat == before
        assert "This is a copy." not in chat.notices()
