"""The source panel: the passage behind a citation, its words marked, its surroundings, and what became of the file."""

import msgspec
import pytest
from textual.containers import VerticalScroll

from docmind.agents.protocol import Source
from docmind.agents.records import Citation, Passage
from fakes.opened_source import CITATION, PASSAGE, SOURCE, Opened


async def test_the_passage_is_there_at_once_and_its_surroundings_follow() -> None:
    app = Opened()
    async with app.run_test() as pilot:
        assert app.panel.is_open
        assert app.content(".source--title").plain == "[2] manual.md 9-11\nCooling > Pump"
        assert "It runs at 18 l/min" in app.content(".source--passage").plain
        assert app.content("#before").plain == ""
        app.panel.show(SOURCE)
        await pilot.pause()
        assert app.content("#before").plain == " 7  # Cooling\n 8  ## Pump"
        assert app.content(".source--passage").plain.splitlines()[0] == " 9  The pump is upstream."
        assert app.content("#after").plain == "12  Two valves\n13  were removed."


async def test_the_quoted_words_stand_out_across_lines_and_their_numbers() -> None:
    app = Opened()
    async with app.run_test():
        assert app.marked().split() == CITATION.quote.split()


@pytest.mark.parametrize("quote", ["", "words that are not there", "It (runs] at [18"])
async def test_without_the_words_nothing_stands_out(quote: str) -> None:
    app = Opened(msgspec.structs.replace(CITATION, quote=quote))
    async with app.run_test():
        assert app.marked() == ""


async def test_a_document_without_lines_has_a_page_and_no_numbers() -> None:
    passage = Passage(path="manual.pdf", text="The pump\nis blue.", page=12)
    citation = Citation(n=1, path="manual.pdf", page=12, lines=None, quote="pump is", verified=True)
    app = Opened(citation, passage)
    async with app.run_test() as pilot:
        app.panel.show(Source(look="1", passage=passage, before="Above", after="Below", file=b"/docs/manual.pdf"))
        await pilot.press("e")
        assert app.content(".source--title").plain == "[1] manual.pdf p. 12"
        assert app.content(".source--passage").plain == "The pump\nis blue."
        assert app.marked() == "pumpis"
        assert (app.content("#before").plain, app.content("#after").plain) == ("Above", "Below")
    assert app.asked == [(b"/docs/manual.pdf", None)]


@pytest.mark.parametrize(
    ("verified", "state", "words"),
    [
        (True, "current", []),
        (False, "current", ["! unverified: its words do not support what the answer says"]),
        (True, "changed", ["! changed since: nothing like it is left in the file"]),
        (False, "gone", ["! unverified: its words do not support what the answer says", "! the file was deleted"]),
    ],
)
async def test_what_is_wrong_with_a_source_is_said_in_words(verified: bool, state: str, words: list[str]) -> None:
    app = Opened(msgspec.structs.replace(CITATION, verified=verified))
    async with app.run_test():
        app.panel.show(msgspec.structs.replace(SOURCE, state=state))
        assert app.content(".source--title").plain.splitlines()[2:] == words


async def test_keys_step_through_the_sources_and_open_the_editor_at_the_line() -> None:
    app = Opened()
    async with app.run_test() as pilot:
        app.panel.show(SOURCE)
        await pilot.press("right_square_bracket", "left_square_bracket", "right", "left", "e", "enter")
        await pilot.pause()
    assert app.asked == [1, -1, 1, -1, (b"/docs/manual.md", 9), (b"/docs/manual.md", 9)]


async def test_a_file_that_is_gone_is_not_opened() -> None:
    app = Opened()
    async with app.run_test(notifications=True) as pilot:
        app.panel.show(msgspec.structs.replace(SOURCE, state="gone", file=b""))
        await pilot.press("e")
        await pilot.pause()
        assert [note.message for note in app._notifications] == ["There is nothing to open: the file was deleted."]
    assert app.asked == []


async def test_the_surroundings_of_another_passage_are_left_out() -> None:
    app = Opened()
    async with app.run_test():
        app.panel.show(msgspec.structs.replace(SOURCE, passage=msgspec.structs.replace(PASSAGE, text="Another one.")))
        assert app.content("#before").plain == ""
        app.panel.close()
        app.panel.show(SOURCE)
        assert app.content("#before").plain == ""
        assert not app.panel.is_open


async def test_the_passage_is_scrolled_into_sight_below_a_long_beginning() -> None:
    app = Opened()
    async with app.run_test(size=(60, 20)) as pilot:
        app.panel.show(
            msgspec.structs.replace(SOURCE, before="\n".join(["line"] * 200), after="\n".join(["line"] * 200))
        )
        await pilot.pause()
        await pilot.pause()
        scroll, passage = app.panel.query_one(VerticalScroll), app.panel.query_one(".source--passage")
        assert scroll.region.y < passage.region.y <= scroll.region.y + 3
        before = scroll.scroll_offset.y
        await pilot.press("down", "down")
        await pilot.pause()
        assert scroll.scroll_offset.y == before + 2


async def test_what_is_wrapped_stays_behind_its_number() -> None:
    passage = Passage(path="a.md", text="word " * 12 + "end\nnext", lines=(9, 10))
    app = Opened(Citation(n=1, path="a.md", page=None, lines=(9, 9), quote="", verified=True), passage)
    async with app.run_test(size=(40, 24)) as pilot:
        await pilot.pause()
        rows = app.content(".source--passage").plain.split("\n")
    assert [row[:4] for row in rows] == [" 9  ", *["    "] * (len(rows) - 2), "10  "]
    assert all(len(row) <= 36 for row in rows)
    assert " ".join(" ".join(row[4:] for row in rows).split()) == "word " * 12 + "end next"


@pytest.mark.parametrize("width", [40, 120])
async def test_long_lines_wrap_and_nothing_is_taken_for_markup(width: int) -> None:
    text = "[bold]" + "word " * 200 + "[/bold] [@click=app.quit]end[/]"
    passage = Passage(path="[red]a[/red].md", text=text)
    app = Opened(Citation(n=1, path=passage.path, page=None, lines=None, quote="", verified=True), passage)
    async with app.run_test(size=(width, 30)):
        shown = app.panel.query_one(".source--passage")
        assert " ".join(app.content(".source--passage").plain.split()) == text
        assert "[red]a[/red].md" in app.content(".source--title").plain
        assert shown.region.height > 5
        assert shown.region.width <= width


async def test_words_far_down_in_a_long_passage_come_into_sight() -> None:
    text = "\n".join([f"line {number} " * 20 for number in range(100)] + ["the pump is blue", "the end"])
    passage = Passage(path="a.md", text=text, lines=(1, 102))
    citation = Citation(n=1, path="a.md", page=None, lines=(101, 101), quote="the pump is blue", verified=True)
    app = Opened(citation, passage)
    async with app.run_test(size=(50, 24)) as pilot:
        await pilot.pause()
        await pilot.pause()
        scroll = app.panel.query_one(VerticalScroll)
        body = app.panel.query_one(".source--passage")
        seen = range(scroll.scroll_offset.y, scroll.scroll_offset.y + scroll.size.height)
        rows = ["".join(part.text for part in body.render_line(y)) for y in seen if y < body.size.height]
        assert any("the pump is blue" in row for row in rows)
        app.panel.show(Source(look="1", passage=passage, file=b"/docs/a.md"))
        await pilot.press("e")
        await pilot.pause()
    assert app.asked == [(b"/docs/a.md", 101)]
