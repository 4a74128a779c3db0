"""The summary of a long chat, shown and changed by the user."""

from pathlib import Path

import pytest

from chat import opened
from docmind.agents.protocol import AnyCommand, Recall, Recalled, Summarise
from docmind.tui import external
from program import Program

KEPT = Recalled(turn="run7", text="They spoke of pumps.", count=8)


async def sent(
    program: Program, documents: Path, monkeypatch: pytest.MonkeyPatch, typed: str, recalled: Recalled
) -> tuple[list[AnyCommand], str]:
    """What goes to the engine after a /summary, and what stands in the text."""
    async with opened(program, documents) as chat:
        await chat.until(lambda: "quotes" in chat.screen.choice.states)
        commands: list[AnyCommand] = []
        monkeypatch.setattr(chat.screen.link, "send", commands.append)
        await chat.write(typed)
        await chat.press("enter")
        await chat.until(lambda: bool(commands))
        chat.screen._hear(recalled)
        await chat.pilot.pause()
        return commands, " ".join(chat.text().split())


async def test_other_words_replace_it(program: Program, documents: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands, text = await sent(program, documents, monkeypatch, "/summary Mine", KEPT)
    assert commands == [Recall(), Summarise(turn="run7", text="Mine")]
    assert "Your summary stands for the first 8 questions" in text


async def test_where_no_editor_opens_it_is_shown(
    program: Program, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external, "_program", lambda: [])
    commands, text = await sent(program, documents, monkeypatch, "/summary", KEPT)
    assert commands == [Recall()]
    assert "The first 8 questions, in short, by the model: They spoke of pumps." in text


async def test_without_one_it_says_what_the_model_is_sent(
    program: Program, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands, text = await sent(program, documents, monkeypatch, "/summary", Recalled())
    assert commands == [Recall()]
    assert "There is no summary of this chat" in text
