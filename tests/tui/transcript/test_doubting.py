"""Sources of kept answers: checked when they are seen, marked where they no longer hold."""

from msgspec.structs import replace
from textual.pilot import Pilot

from docmind.agents.protocol import ToolCalled, ToolReturned
from docmind.agents.records import Passage
from docmind.tui.transcript.turn import Turn
from docmind.tui.transcript.view import Transcript
from fakes.transcript import CITATION, PASSAGE, TranscriptApp, answered, searched
from fakes.waiting import until


class KeptApp(TranscriptApp):
    """Notes which sources are seen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def on_doubting_sources_seen(self, event: Transcript.SourcesSeen) -> None:
        self.seen += [passage.path for passage in event.passages]


def passage(number: int) -> Passage:
    return replace(PASSAGE, path=f"{number}.pdf")


def kept(number: int) -> Turn:
    """A long answer with a source of its own."""
    turn, run = Turn(run=f"r{number}", question=f"Question {number}"), f"r{number}"
    turn.take(ToolCalled(run=run, call="c", tool="search", input={}), 0.0)
    turn.take(ToolReturned(run=run, call="c", passages=[passage(number)], seconds=0.1), 0.0)
    turn.take(answered("word\n\n" * 30, citations=[replace(CITATION, path=f"{number}.pdf")]), 0.0)
    return turn


async def seen(app: KeptApp, pilot: Pilot[None], *paths: str) -> None:
    await until(lambda: len(app.seen) >= len(paths))
    await pilot.pause()
    assert app.seen == list(paths)
    app.seen.clear()


async def test_only_what_comes_into_sight_is_checked_and_only_once() -> None:
    app = KeptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.load([kept(number) for number in range(9)])
        await seen(app, pilot, "8.pdf")
        app.transcript.mark_source(passage(8), "current")
        app.transcript.focus()
        await pilot.press("ctrl+home", "end")  # the first ones pass by unseen
        app.transcript.go(0)
        app.transcript.next_hit(app.transcript.search("[1] 3.pdf"))
        await seen(app, pilot, "3.pdf")
        await pilot.press("end")
        await pilot.pause()
        assert app.transcript._doubted
        assert app.seen == []


async def test_what_could_not_be_told_yet_is_checked_again() -> None:
    app = KeptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.load([kept(1)])
        await seen(app, pilot, "1.pdf")
        app.transcript.mark_source(passage(1), "unknown")
        app.transcript.check_sources()
        await seen(app, pilot, "1.pdf")


async def test_a_source_that_no_longer_holds_carries_a_quiet_sign() -> None:
    app = KeptApp()
    async with app.run_test(size=(60, 20)):
        app.transcript.load([kept(1)])
        line = next(line for line in app.shown() if "[1] 1.pdf" in line)
        for state, sign in [("changed", "changed since"), ("gone", "deleted"), ("moved", ""), ("current", "")]:
            app.transcript.mark_source(passage(1), state)  # type: ignore[arg-type]
            (shown,) = [line for line in app.shown() if "[1] 1.pdf" in line]
            assert (sign in shown, shown == line) == (True, not sign)
            assert len(shown) <= 60


async def test_a_new_answer_is_not_doubted_but_may_be_marked() -> None:
    app = KeptApp()
    async with app.run_test(size=(60, 20)):
        app.transcript.ask("r1", "What moved?")
        searched(app)
        app.transcript.show(answered("It moved [1].", citations=[CITATION]))
        assert not app.transcript._doubted
        app.transcript.mark_source(PASSAGE, "changed")
        assert "changed since" in "\n".join(app.shown())


async def test_what_is_gone_from_the_text_is_doubted_no_more() -> None:
    app = KeptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.load([kept(number) for number in range(5)])
        app.transcript.clear()
        app.transcript.load([kept(7)])
        await seen(app, pilot, "7.pdf")
        assert not app.transcript._doubted


async def test_a_source_that_is_gone_is_checked_again_and_may_be_back() -> None:
    app = KeptApp()
    async with app.run_test(size=(60, 40)) as pilot:
        app.transcript.load([kept(1)])
        await seen(app, pilot, "1.pdf")
        for _ in range(2):
            app.transcript.mark_source(passage(1), "gone")
            app.transcript.check_sources()
            await seen(app, pilot, "1.pdf")
        app.transcript.mark_source(passage(1), "current")
        assert not app.transcript._doubted
