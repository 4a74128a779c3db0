"""Two answers beside each other, while one of them is still being written."""

from textual.app import App
from textual.pilot import Pilot

from docmind.agents.protocol import KeptTurn, TimedEvent, Token
from docmind.tui.screens.compare import CompareScreen
from docmind.tui.transcript.view import Transcript


def kept(run: str, said: str) -> KeptTurn:
    events = [TimedEvent(at=0.1, event=Token(run=run, text=said))]
    return KeptTurn(run=run, parent=None, question="Which colour?", asked_at=0.0, state="going on", events=events)


def answers(screen: CompareScreen) -> list[str]:
    for transcript in screen.query(Transcript):
        transcript.flush()
    return [turn.answer.strip() for transcript in screen.query(Transcript) for turn in transcript.turns]


async def settled(pilot: Pilot[None]) -> None:
    for _ in range(3):
        await pilot.pause()


async def test_nothing_is_missing_of_an_answer_that_is_being_written_while_it_is_compared() -> None:
    app = App[None]()
    async with app.run_test(size=(120, 30)) as pilot:
        screen = CompareScreen([kept("r1", "The pump "), kept("r2", "It "), kept("r3", "Blue.")], "r2")
        app.push_screen(screen)
        screen.show(Token(run="r1", text="is "))  # before the texts stand
        screen.show(Token(run="r2", text="was "))
        await settled(pilot)
        screen.show(Token(run="r1", text="blue "))
        screen.show(Token(run="r2", text="red."))
        assert answers(screen) == ["The pump is blue", "It was red."]
        await pilot.press("right")
        screen.show(Token(run="r1", text="now."))
        assert answers(screen) == ["Blue.", "It was red."]
        await pilot.press("left")
        assert answers(screen) == ["The pump is blue now.", "It was red."]
