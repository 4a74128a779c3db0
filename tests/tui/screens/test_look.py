"""What lies on top of the chat, at three sizes. After a wanted change: pytest --snapshot-update, and read the diff."""

from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.protocol import Asked, Compared, KeptTurn, TimedEvent
from docmind.tui.screens import finding
from docmind.tui.screens.chat_picker import ChatPicker
from fakes.past import keep
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


async def test_the_chats(
    stage: Stage, snapshot: SnapshotAssertion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2025, 6, 18, 12, 0).timestamp()
    monkeypatch.setattr(finding, "ChatPicker", partial(ChatPicker, clock=lambda: now))
    data = tmp_path / "data"
    root = b"/papers"
    days = {name: datetime(2025, 6, day, 9, 30).timestamp() for name, day in {"c1": 1, "c2": 17, "c3": 18}.items()}
    keep(data, "c1", "What changed between revision B and C of the loop?", roots=[root], at=days["c1"], turns=22)
    keep(data, "c2", "Which valves were removed?", "The exchanger.", roots=[root], at=days["c2"], broken=True)
    keep(data, "c3", "How much water does the pump move?", roots=[root], at=days["c3"], going_on=True)
    keep(data, "c4", "Pressure in the loop", roots=[root], at=days["c1"], turns=3)
    with ChatStore(chats_file(data), "rw") as store:
        store.pin("c4")
    async with stage.opened() as chat:
        await chat.hear(*READY)
        chat.app.start = chat.app.start._replace(roots=[Path("/papers")])
        await chat.press("ctrl+o")
        await chat.until(lambda: "How much" in chat.look())
        assert chat.look() == snapshot(name="all")
        await chat.write("exchanger")
        await chat.until(lambda: "Said in all" in chat.look())
        assert chat.look() == snapshot(name="found")
