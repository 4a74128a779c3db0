"""Sources of an old answer in the chat, with a real engine behind it: marked, opened, compared."""

from pathlib import Path

from msgspec.structs import replace

from chat import Chat, opened
from docmind.agents.protocol import Answered, ToolCalled, ToolReturned
from docmind.tui.transcript.turn import Turn
from docmind.tui.widgets.numbered import Numbered
from docmind.tui.widgets.source_panel import SourcePanel
from program import Program


def shown(chat: Chat, part: str = ".source--passage") -> str:
    found = chat.screen.query_one(SourcePanel).query_one(part)
    return str(found.render().plain if isinstance(found, Numbered) else found.render())


async def old_answer(program: Program, documents: Path) -> Turn:
    async with opened(program, documents) as chat:
        await chat.ask()
        turn = chat.transcript.last_turn
        assert turn
        return turn


async def test_a_stale_source_is_marked_by_itself_and_opens_with_the_difference(
    program: Program, documents: Path
) -> None:
    turn = await old_answer(program, documents)
    file = documents / "pump.md"
    file.write_text("# Index\n\n# Cooling\n\nThe pump of the cooling loop is green. It moves 20 litres a minute.\n")
    async with opened(program, documents) as chat:
        chat.transcript.load([turn])
        await chat.until(lambda: "changed since" in chat.text())
        await chat.press("f3")
        await chat.until(lambda: "d shows the difference" in shown(chat, ".source--title"))
        assert "loop is blue. It moves 18 litres" in " ".join(shown(chat).split())
        await chat.press("d")
        assert "[-blue-] {+green+}. It moves [-18-] {+20+} litres" in " ".join(shown(chat).split())
        await chat.press("d")
        assert "[-" not in shown(chat)
        file.unlink()
        await chat.press("f3", "f3")
        await chat.until(lambda: "the file was deleted" in shown(chat, ".source--title"))
        assert "loop is blue. It moves 18 litres" in " ".join(shown(chat).split())
        assert "deleted" in chat.text()


async def test_a_source_whose_file_was_renamed_opens_under_its_new_name(program: Program, documents: Path) -> None:
    turn = await old_answer(program, documents)
    (documents / "pump.md").rename(documents / "cooling.md")
    async with opened(program, documents) as chat:
        chat.transcript.load([turn])
        await chat.until(lambda: bool((library := chat.screen._library) and library.ready))
        await chat.press("f3")
        await chat.until(lambda: "moved to cooling.md since" in shown(chat, ".source--title"))
        assert "loop is blue. It moves 18 litres" in " ".join(shown(chat).split())
        await chat.until(lambda: "deleted" not in chat.text())


async def test_several_sources_are_checked_at_once(program: Program, documents: Path) -> None:
    turn = await old_answer(program, documents)
    (citation, passage), *_ = turn.sources
    run, others = "old", [replace(passage, n=n, path=f"{n}.md", file_hash="") for n in range(1, 6)]
    old = Turn(run=run, question="Which ones?")
    old.take(ToolCalled(run=run, call="c", tool="search_documents", input={}), 0.0)
    old.take(ToolReturned(run=run, call="c", passages=others, seconds=0.1), 0.0)
    assert isinstance(turn.end, Answered)
    citations = [replace(citation, n=other.n, path=other.path) for other in others]
    old.take(replace(turn.end, run=run, citations=citations), 0.0)
    async with opened(program, documents) as chat:
        chat.transcript.load([old])
        await chat.until(lambda: chat.text().count("deleted") == len(others))


async def test_a_source_that_still_holds_has_no_sign(program: Program, documents: Path) -> None:
    turn = await old_answer(program, documents)
    file = documents / "pump.md"
    file.write_text("One more line.\n\n" + file.read_text())
    async with opened(program, documents) as chat:
        before = chat.text()
        chat.transcript.load([turn])
        await chat.until(lambda: not chat.transcript._doubted and chat.text() != before)
        await chat.press("f3")
        await chat.until(lambda: "moved to lines 3-5 since" in shown(chat, ".source--title"))
        assert "since" not in chat.text()


async def test_a_chat_of_other_folders_says_that_they_are_not_open(program: Program, documents: Path) -> None:
    turn = await old_answer(program, documents)
    async with opened(program, documents) as chat:
        chat.screen.chat_roots = [b"/somewhere/else"]
        chat.transcript.load([turn])
        await chat.until(lambda: "not open" in chat.text())
        await chat.press("f3")
        await chat.until(lambda: "no longer in the opened folders" in shown(chat, ".source--title"))
