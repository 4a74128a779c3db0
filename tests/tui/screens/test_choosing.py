"""Pinning and banning profiles in the chat, and asking why one answered."""

import shutil
from pathlib import Path

import msgspec

from chat import opened
from docmind.agents.protocol import RolledBack
from docmind.agents.reduced import Reductions
from docmind.tui.widgets.heading import Heading
from fakes import FakeServer, Fault
from program import Program

SCRIPT = ['Action: search_documents\nAction Input: {"query": "pump"}', "Answer: The pump is blue [1]."]


def configuration(**servers: FakeServer) -> str:
    tables = [
        f'[profiles.{name}]\nkind = "openai"\nurl = "{server.openai_url}"\nmodel = "{server.model}"\n'
        for name, server in servers.items()
    ]
    return f'profile = "{next(iter(servers))}"\n' + "".join(tables)


async def test_a_pinned_profile_that_is_down_fails_with_its_reason_and_let_go_the_next_one_answers(
    program: Program, documents: Path
) -> None:
    with FakeServer(fault=Fault("status", status=500)) as ill, FakeServer(SCRIPT) as good:
        async with opened(program, documents, configuration(ill=ill, good=good)) as chat:
            await chat.until(lambda: "good" in chat.screen.choice.states)
            await chat.press("f7")
            assert "Only ill answers now." in chat.notices()
            assert "pinned" in str(chat.screen.query_one(Heading).render())
            await chat.write("Is the pump blue?")
            await chat.press("enter")
            await chat.until(lambda: "No profile could answer. [ERR_5000]" in chat.text())
            assert "ill" in chat.text().partition("No profile could answer.")[2]
            await chat.press("f7")
            assert "Others may answer again when ill fails." in chat.notices()
            await chat.press("ctrl+r")
            await chat.until(lambda: "The pump is blue [1]." in chat.text())
            await chat.press("f9")
            told = chat.text()[chat.text().index("good answered.") :]
    assert "ill came first: you have chosen it." in told
    assert "[ERR_5009] good was asked next." in told
    assert "Next if it fails: quotes." in told


async def test_a_banned_profile_is_never_asked(program: Program, documents: Path) -> None:
    with FakeServer(SCRIPT) as first, FakeServer(SCRIPT) as second:
        async with opened(program, documents, configuration(first=first, second=second)) as chat:
            await chat.until(lambda: "second" in chat.screen.choice.states)
            await chat.write("/ban first")
            await chat.press("enter")
            assert "first does not answer any more." in chat.notices()
            await chat.write("Is the pump blue?")
            await chat.press("enter")
            await chat.until(lambda: "The pump is blue [1]." in chat.text())
            await chat.write("/why")
            await chat.press("enter")
            assert "Banned: first." in chat.text()
            await chat.write("/ban nobody")
            await chat.press("enter")
            assert "There is no profile 'nobody'." in chat.notices()
    assert (len(first.chats), len(second.chats)) == (0, 2)


async def test_before_the_first_question_there_is_nothing_to_explain(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.press("f9")
        assert "Nothing has been asked yet." in chat.notices()


async def test_a_rollback_is_told_and_taken(program: Program, documents: Path) -> None:
    with FakeServer(SCRIPT) as first, FakeServer(SCRIPT) as second:
        async with opened(program, documents, configuration(first=first, second=second)) as chat:
            await chat.until(lambda: "second" in chat.screen.choice.states)
            rolled = RolledBack(run="", old="first", new="second", reason="first has timed out 3 times in a row.")
            chat.screen._hear(rolled)
            chat.screen._hear(rolled)
            assert chat.screen.choice.chosen == "second"
            told = "first has timed out 3 times in a row. Back to second; /model first tries it again."
            assert " ".join(chat.text().split()).count(told) == 1


async def test_a_profile_that_was_made_smaller_says_so_in_the_list_and_is_restored(
    program: Program, documents: Path
) -> None:
    with FakeServer(SCRIPT) as first:
        config = configuration(first=first)
        async with opened(program, documents, config) as chat:
            own = chat.app.start.loaded.settings.profiles["first"]
            reductions = Reductions(program.data_dir)
            reductions.keep("first", own, msgspec.structs.replace(own, context=4096), "It was full.")
            await chat.until(lambda: "first" in chat.screen.choice.states)
            await chat.press("f2")
            await chat.until(lambda: chat.screen.choice.states["first"].reduced == "context = 4096")
            await chat.press("escape")
            told = {
                "/restore": "first has its own settings again, from the next question on.",
                "/restore first": "first has its own settings already.",
                "/restore nobody": "There is no profile 'nobody'.",
            }
            for command, words in told.items():
                await chat.write(command)
                await chat.press("enter")
                assert words in chat.notices()
            await chat.until(lambda: chat.screen.choice.states["first"].reduced == "")


async def test_what_cannot_be_restored_is_told(program: Program, documents: Path) -> None:
    async with opened(program, documents) as chat:
        await chat.until(lambda: "quotes" in chat.screen.choice.states)
        folder = program.data_dir / "reduced"
        shutil.rmtree(folder, ignore_errors=True)
        folder.write_text("in the way")
        await chat.write("/restore quotes")
        await chat.press("enter")
        folder.unlink()
        assert "cannot be deleted" in chat.notices()
