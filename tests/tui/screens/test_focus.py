"""Where keys go: commands while the text has the focus, and words always into the prompt."""

from pathlib import Path

import pytest
from textual import events

from chat import opened
from docmind.agents.protocol import AnyCommand, Seen
from docmind.tui.transcript.view import Transcript
from docmind.tui.widgets.source_panel import SourcePanel
from docmind.tui.widgets.status import Status
from program import Program


@pytest.mark.parametrize("words", ["what is blue?", "Else", " 0 litres", "ß"])
async def test_words_typed_in_the_text_go_to_the_prompt(words: str, program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("tab")
        assert chat.transcript.has_focus
        await chat.write(words)
        assert chat.prompt.text == words
        assert chat.prompt.has_focus


async def test_letters_that_are_keys_of_the_text_stay_there(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        await chat.press("tab", "j", "k", "c", "v", "down", "pagedown")
        assert chat.transcript.has_focus
        assert chat.prompt.text == ""
        assert chat.copied


async def test_a_burst_of_keys_keeps_its_order(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        for key in ["tab", *"object"]:
            chat.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await chat.until(lambda: chat.prompt.text == "object")
        assert chat.copied == []


async def test_what_is_pasted_into_the_text_goes_to_the_prompt(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("tab")
        chat.app.post_message(events.Paste("cooling\nloop"))
        await chat.until(lambda: chat.prompt.text == "cooling\nloop")


async def test_a_click_on_the_text_leaves_the_prompt_its_focus(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        await chat.pilot.click(Transcript, offset=(5, 3))
        await chat.write("next")
        assert chat.prompt.text == "next"


async def test_words_typed_over_a_source_that_covers_the_prompt_close_it(program: Program, documents: Path) -> None:
    async with opened(program, documents, size=(80, 24)) as chat:
        await chat.ask()
        await chat.press("f3")
        await chat.write("why")
        assert not chat.screen.query_one(SourcePanel).is_open
        assert chat.prompt.text == "why"


async def test_a_source_that_was_opened_from_the_text_goes_back_to_it(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        await chat.press("tab", "f3", "right", "escape")
        assert chat.transcript.has_focus


async def test_the_last_line_names_the_keys_of_what_has_the_focus(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        status = chat.screen.query_one(Status)
        assert status.keys[0] == ("F1", "help")
        assert status.keys[-1] == ("Tab", "text")
        await chat.press("tab")
        assert status.keys[:3] == [("Tab", "prompt"), ("j/k", "move"), ("Enter", "open")]
        await chat.write("who")
        assert status.keys[0] == ("F1", "help")


async def test_the_engine_hears_once_that_the_user_is_there_after_an_answer(
    program: Program, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(program, documents) as chat:
        await chat.ask()
        sent = list[AnyCommand]()
        monkeypatch.setattr(chat.screen.link, "send", sent.append)
        await chat.press("a", "b")
        assert [command for command in sent if isinstance(command, Seen)] == [Seen()]
