"""What lies on top of the chat, at three sizes. After a wanted change: pytest --snapshot-update, and read the diff."""

from syrupy.assertion import SnapshotAssertion

from docmind.agents.protocol import Asked, Compared, KeptTurn, TimedEvent
from fakes.story import QUESTION, READY, answered, looked_up
from still import Stage


async def test_on_top_of_an_answer(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        await chat.hear(*looked_up(run), answered(run))
        for name, keys in {"profiles": ["f2", "down", "down"], "themes": ["f5"], "help": ["f1"]}.items():
            await chat.press(*keys)
            assert chat.look() == snapshot(name=name)
            await chat.press("escape")


async def test_a_question_that_was_asked_again(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        runs = ["first", run, "third"]
        await chat.hear(Asked(run=run, parent=None, question=QUESTION, at=0.0, branches={run: runs}))
        await chat.hear(*looked_up(run), answered(run))
        assert chat.look() == snapshot(name="one of three")
        await chat.press("alt+c")
        await chat.hear(Compared(turns=[kept(each) for each in runs]))
        await chat.until(lambda: chat.look().count("2 of 3") == 1)
        await chat.pilot.pause()
        assert chat.look() == snapshot(name="two of three")


def kept(run: str) -> KeptTurn:
    events = [TimedEvent(0.0, event) for event in (*looked_up(run), answered(run))]
    return KeptTurn(
        run=run, parent=None, question=QUESTION, asked_at=0.0, state="done", profile="balanced", events=events
    )
