"""The transcript under the mouse: what a click opens, and what a drag selects."""

from docmind.tui.transcript.view import Transcript
from fakes.transcript import CITATION, TranscriptApp, answered, finished, searched


async def test_a_click_opens_a_step_and_closes_it(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.ask("r1", "What changed?")
        searched(app)
        step = app.shown().index('  searched "cooling loop"   1 passage   0.04 s ▸')
        await pilot.click(Transcript, offset=(10, step))
        assert app.shown()[step + 1] == "    [1] manual.pdf p. 12"
        await pilot.click(Transcript, offset=(10, step))
        assert app.shown()[step].endswith("▸")


async def test_a_click_on_a_source_wants_it(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.ask("r1", "What changed?")
        searched(app)
        app.transcript.show(answered("It moved [1].", citations=[CITATION]))
        line = next(y for y, text in enumerate(app.shown()) if text.startswith("  [1] manual.pdf"))
        await pilot.click(Transcript, offset=(8, line))
        await pilot.pause()
        assert [event.citation for event in app.posted] == [CITATION]


async def test_a_click_on_text_opens_nothing(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.load([finished("What?", "It moved.")])
        before = app.shown()
        await pilot.click(Transcript, offset=(3, 4))
        await pilot.click(Transcript, offset=(3, 18))
        assert app.shown() == before
        assert app.posted == []


async def test_a_drag_selects_what_was_written_without_the_breaks_of_the_lines(app: TranscriptApp) -> None:
    async with app.run_test(size=(30, 20)) as pilot:
        app.transcript.load([finished("What?", "The pump moved upstream of the exchanger.")])
        first = app.shown().index("The pump moved upstream of")
        await pilot.mouse_down(Transcript, offset=(5, first))
        await pilot.hover(Transcript, offset=(8, first + 1))
        await pilot.mouse_up(Transcript, offset=(8, first + 1))
        assert app.screen.get_selected_text() == "pump moved upstream of the exch"
