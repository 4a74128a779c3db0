"""What lies on top of the chat, at three sizes. After a wanted change: pytest --snapshot-update, and read the diff."""

from syrupy.assertion import SnapshotAssertion

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
