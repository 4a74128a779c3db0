"""The source panel: a passage of an old answer, and what became of it since."""

import pytest
from msgspec.structs import replace

from docmind.agents.records import Change
from fakes.opened_source import CITATION, PASSAGE, SOURCE, Opened

CHANGED = replace(
    SOURCE,
    state="changed",
    before="",
    after="",
    lines=(12, 13),
    changes=[
        Change("same", "The pump is"),
        Change("removed", " upstream."),
        Change("added", "\n downstream. [bold]"),
        Change("same", "\n    It runs"),
    ],
)


async def test_one_key_shows_what_is_different_and_the_same_key_the_passage_again() -> None:
    app = Opened()
    async with app.run_test() as pilot:
        await pilot.press("d")
        before = app.content(".source--passage").plain
        app.panel.show(CHANGED)
        assert app.content(".source--title").plain.endswith("! changed since, now lines 12-13; d shows the difference")
        assert "d difference" in app.content(".source--keys").plain
        await pilot.press("d")
        await pilot.pause()
        different = app.content(".source--passage")
        rows = ["The pump is [-upstream.-]", " {+downstream. [bold]+}", "    It runs"]
        assert [row.rstrip() for row in different.plain.split("\n")] == rows
        colours = {different.plain[span.start : span.end].strip(): str(span.style) for span in different.spans}
        assert (colours["[-upstream.-]"], colours["{+downstream. [bold]+}"]) == ("$error", "$success")
        assert "d passage" in app.content(".source--keys").plain
        await pilot.press("d")
        await pilot.pause()
        assert app.content(".source--passage").plain == before
        await pilot.press("d", "e")
        app.panel.open(CITATION, PASSAGE)
        assert app.content(".source--passage").plain == before
    assert app.asked == [(b"/docs/manual.md", 12)]


async def test_without_a_difference_the_key_says_so() -> None:
    app = Opened()
    async with app.run_test(notifications=True) as pilot:
        app.panel.show(SOURCE)
        await pilot.press("d")
        await pilot.pause()
        assert [note.message for note in app._notifications] == ["There is no difference to show."]
        assert "difference" not in app.content(".source--keys").plain


async def test_a_passage_that_has_moved_has_the_numbers_of_its_new_place() -> None:
    app = Opened()
    async with app.run_test() as pilot:
        app.panel.show(replace(SOURCE, state="moved", lines=(109, 111), first_line=107, after_line=112))
        assert app.content(".source--title").plain.endswith("\nmoved to lines 109-111 since")
        await pilot.pause()
        assert app.content(".source--passage").plain.splitlines()[0] == "109  The pump is upstream."
        await pilot.press("e")
    assert app.asked == [(b"/docs/manual.md", 109)]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("unreadable", "! the file cannot be read now: is a damaged PDF"),
        ("closed", "! no longer in the opened folders"),
    ],
)
async def test_a_source_that_cannot_be_compared_says_why(state: str, words: str) -> None:
    app = Opened()
    async with app.run_test():
        app.panel.show(replace(SOURCE, state=state, reason="is a damaged\nPDF", file=b""))
        assert app.content(".source--title").plain.splitlines()[2:] == [words]
        assert "It runs at 18 l/min" in app.content(".source--passage").plain


async def test_a_brief_look_changes_nothing_in_the_panel() -> None:
    app = Opened()
    async with app.run_test():
        app.panel.show(SOURCE)
        app.panel.show(replace(SOURCE, brief=True, before="", state="changed"))
        assert app.content("#before").plain
        assert app.content(".source--title").plain == "[2] manual.md 9-11\nCooling > Pump"
