"""What a chat of many answers holds in memory, and that all of it can still be reached."""

import gc
import tracemalloc
from itertools import islice
from pathlib import Path

from textual.geometry import Region

from docmind.agents.protocol import AnyRunEvent, Continued, Failed, Thought, Token, ToolCalled, ToolReturned
from docmind.agents.records import Citation, Passage
from docmind.tui.transcript.layout import FEWEST_DRAWN, MOST_DRAWN
from docmind.tui.transcript.turn import Turn
from docmind.tui.transcript.turn_entries import TurnEntries
from docmind.tui.transcript.view import Transcript
from docmind.tui.wire.frames import Cell, Run, runs
from fakes.transcript import TranscriptApp, answered

WORKSHOP = "".join(path.read_text() for path in sorted(Path(__file__).parents[2].glob("data/workshop/*.txt")))
PASSAGES, PASSAGE_CHARS, THOUGHT_CHARS, ANSWER_CHARS = 8, 1400, 2000, 1500


def excerpt(number: int, size: int) -> str:
    start = number * 977 % (len(WORKSHOP) - size)
    return WORKSHOP[start : start + size]


def happened(number: int) -> list[AnyRunEvent]:
    """A thought, a look-up with passages, and the answer, which cites three of them."""
    run, answer = f"r{number}", f"Answer {number}. {excerpt(number + 1, ANSWER_CHARS)}"
    passages = [
        Passage(path=f"{n}.txt", lines=(n, n + 9), text=excerpt(PASSAGES * number + n, PASSAGE_CHARS), n=n)
        for n in range(1, PASSAGES + 1)
    ]
    cited = [Citation(n=n, path=f"{n}.txt", page=None, lines=(n, n), quote="a", verified=True) for n in (1, 2, 3)]
    return [
        Thought(run=run, text=excerpt(number, THOUGHT_CHARS)),
        ToolCalled(run=run, call="c", tool="search_documents", input={"query": f"question {number}"}),
        ToolReturned(run=run, call="c", passages=passages, seconds=0.04),
        Token(run=run, text=answer),
        answered("".join(answer), run=run, citations=cited),
    ]


def ask(app: TranscriptApp, number: int) -> None:
    """To its end; the thought took two seconds."""
    run, view = f"r{number}", app.transcript
    view.ask(run, f"Question {number}?")
    view.show(Thought(run=run, text=" "))
    app.clock.now += 2
    for event in happened(number):
        view.show(event)


def test_a_finished_answer_takes_no_more_memory_than_its_texts() -> None:
    groups = []
    tracemalloc.start()
    try:
        for number in range(60):
            if number == 10:
                gc.collect()
                before = tracemalloc.get_traced_memory()[0]
            turn = Turn(f"r{number}", f"Question {number}?")
            for event in happened(number):
                turn.take(event, 0.0)
            groups.append(TurnEntries(turn))
            groups[-1].update(0.0)
        gc.collect()
        each = (tracemalloc.get_traced_memory()[0] - before) / 50
    finally:
        tracemalloc.stop()
    assert each < PASSAGES * PASSAGE_CHARS + THOUGHT_CHARS + 2 * ANSWER_CHARS  # that is held whole, and in blocks


async def test_thoughts_passages_and_sources_of_an_old_answer_open_as_they_were(app: TranscriptApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        for number in range(30):
            ask(app, number)
        view = app.transcript
        view.focus()
        returned = happened(0)[2]
        assert isinstance(returned, ToolReturned)
        await pilot.press("home", "j", "j", "enter")
        await pilot.pause()
        assert view.current
        assert view.current.text.startswith("thought for 2 s\n" + excerpt(0, THOUGHT_CHARS).strip())
        await pilot.press("j", "enter")
        await pilot.pause()
        assert view.current.text.endswith("\n" + returned.passages[-1].text)
        assert view.search(excerpt(PASSAGES + 1, 400)[20:60].split("\n")[0])
        await pilot.press("j", "j", "enter")
        await pilot.pause()
        assert [event.passage for event in app.posted] == [returned.passages[1]]
        beside = view.source_beside(app.posted[0].citation, 1)
        assert beside
        assert beside[1] == returned.passages[2]


async def test_what_was_scrolled_past_is_rendered_again_and_few_lines_are_kept(app: TranscriptApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        for number in range(100):
            ask(app, number)
        layout, view = app.transcript.layout_of_lines, app.transcript
        view.focus()
        await pilot.press("home")
        await pilot.pause()
        first = app.shown()
        assert "Question 0?" in first
        while round(view.scroll_y) < layout.height - view.page:
            view.action_page_down()
            await pilot.pause()
        drawn = [entry for entry in layout.entries if entry.is_drawn(view.columns, view._look)]
        kept = sum(len(entry.lines(view.columns, view._look)) for entry in drawn)
        assert kept <= MOST_DRAWN or len(drawn) <= FEWEST_DRAWN
        assert kept < layout.height
        await pilot.press("home")
        await pilot.pause()
        assert app.shown() == first


async def test_a_painted_line_has_no_style_of_its_own_and_the_mouse_knows_its_place(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        ask(app, 0)
        await pilot.pause()
        view = app.query_one(Transcript)
        painted = view.render_lines(Region(0, 0, view.size.width, view.size.height))
        assert not any(segment.style and segment.style.meta for strip in painted for segment in strip)
        assert any(segment.style and "offset" in segment.style.meta for segment in view.render_line(0))


def test_an_answer_that_is_taken_up_again_goes_on_thinking_where_it_was_packed() -> None:
    turn = Turn("r1", "Why?")
    turn.take(Thought(run="r1", text="Perhaps "), 0.0)
    turn.take(Failed(run="r1", code="ERR_3003", message="It ended."), 2.0)
    TurnEntries(turn).update(2.0)
    turn.take(Continued(run="r1", length=0), 3.0)
    turn.take(Thought(run="r1", text="not."), 4.0)
    assert [getattr(part, "text", "") for part in turn.parts] == ["Perhaps not."]


def test_the_same_letter_in_the_same_style_is_held_once() -> None:
    drawn = [run for run in runs("\x1b[1mabba\x1b[2;1Hba│é") if isinstance(run, Run)]
    cells: list[Cell] = [cell for run in drawn for cell in run.cells]
    assert len({id(cell) for cell in cells}) == len(set(cells)) == 4
    assert [cell.text for cell in islice(cells, 4)] == list("abba")
