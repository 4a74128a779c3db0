"""A chat that is entered, or entered again: its turns are shown as they are kept, none of them twice."""

from collections.abc import Sequence

from docmind.agents.protocol import AnyRunEvent, KeptTurn, State, Thought, TimedEvent, Token, TurnState
from fakes.transcript import TranscriptApp, answered, say


def kept(run: str, question: str, *events: AnyRunEvent, state: TurnState = "done") -> KeptTurn:
    record = [TimedEvent(float(at), event) for at, event in enumerate(events)]
    return KeptTurn(run=run, parent=None, question=question, asked_at=0.0, state=state, events=record)


def words(run: str, *texts: str) -> Sequence[Token]:
    return [Token(run=run, text=text) for text in texts]


async def test_a_kept_turn_looks_as_it_did_live(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)):
        thought = [Thought(run="r1", text="I "), Thought(run="r1", text="see.")]
        app.transcript.recall([kept("r1", "Moved?", *thought, *words("r1", "It ", "moved."), answered("It moved."))])
        summary = "  balanced · llama   first 0.6 s, all 3.2 s   41 tok/s"
        assert app.shown() == ["", "You", "Moved?", "", "  thought for 1 s ▸", "", "It moved.", "", summary]


async def test_an_answer_that_goes_on_goes_on_where_it_was(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)):
        so_far: list[AnyRunEvent] = [State(run="r1", state="writing"), *words("r1", "It ", "mo")]
        app.transcript.recall([kept("r1", "Moved?", *so_far, state="going on")])
        say(app, "ved.")
        assert app.shown()[4:] == ["It moved."]


async def test_a_turn_that_is_shown_already_is_not_shown_twice(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)):
        app.transcript.ask("r1", "Moved?")
        say(app, "It ")
        app.transcript.note("The engine ended.")
        app.transcript.recall([kept("r1", "Moved?", *words("r1", "It ", "moved."), answered("It moved."))])
        shown = "\n".join(app.shown())
        assert shown.count("You") == shown.count("It moved.") == shown.count("The engine ended.") == 1


async def test_what_a_dead_engine_had_said_but_not_kept_stays(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)):
        app.transcript.ask("r1", "Moved?")
        say(app, "It moved a")
        app.transcript.recall([kept("r1", "Moved?", *words("r1", "It "), state="broken")])
        assert app.shown()[4] == "It moved a"
        assert "ended before the answer was complete." in "\n".join(app.shown())


async def test_earlier_turns_stand_before_a_question_that_still_waits(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)):
        app.transcript.ask("new", "And now?")
        app.transcript.recall([kept("r1", "Moved?", *words("r1", "Yes."), answered("Yes."))])
        shown = "\n".join(app.shown())
        assert shown.index("Moved?") < shown.index("And now?")
