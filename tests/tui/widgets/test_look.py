"""What stands beside the chat, at three sizes. After a wanted change: pytest --snapshot-update, and read the diff."""

from typing import Literal

import pytest
from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion

from docmind.agents.difference import aligned
from docmind.agents.hardware.gpu import Gpu
from docmind.agents.protocol import Look, Source
from fakes.story import CHANGES, QUESTION, READY, answered, looked_up, metered
from still import Stage

CARDS = [
    Gpu(index=0, name="NVIDIA GeForce RTX 4090", load=87, memory_used=12_100_000_000, memory_total=25_757_220_864,
        temperature=71, power=290.4, power_limit=450.0),
    Gpu(index=1, name="NVIDIA RTX 6000 Ada Generation", load=100, memory_used=47_000_000_000,
        memory_total=51_527_024_640, temperature=88, power=300.2, power_limit=300.0),
    Gpu(index=2, name="NVIDIA H200", load=100, memory_used=143_000_000_000, memory_total=150_754_820_096,
        temperature=88),
]  # fmt: skip


@pytest.mark.parametrize("count", [1, 3])
async def test_the_cards_in_the_sidebar(count: int, stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened(*CARDS[:count]) as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        await chat.hear(*looked_up(run), metered(run), answered(run))
        assert chat.look() == snapshot


async def test_the_search_bar_with_hits(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        await chat.hear(*looked_up(run), answered(run))
        await chat.send("/search the")
        assert chat.look() == snapshot


async def test_sources(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        await chat.hear(*looked_up(run), answered(run))
        await chat.press("f3")
        await chat.hear(surrounded(chat.sent(Look)))
        assert chat.look() == snapshot(name="verified")
        await chat.press("right")
        await chat.hear(surrounded(chat.sent(Look), "changed"))
        assert chat.look() == snapshot(name="changed")
        await chat.hear(Source(look="1", passage=CHANGES, state="gone"))
        assert chat.look() == snapshot(name="gone")
        await chat.press("right")
        await chat.hear(surrounded(chat.sent(Look)))
        assert chat.look() == snapshot(name="unverified")


async def test_the_difference(stage: Stage, snapshot: SnapshotAssertion) -> None:
    newer = CHANGES.text.replace("18 l/min", "18.5 l/min, and later to 20").replace(" valves were", " pumps were since")
    found = aligned(CHANGES.text, newer)
    assert found
    async with stage.opened() as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        await chat.hear(*looked_up(run), answered(run))
        await chat.press("f3", "right")
        changed = Source(look=chat.sent(Look).look, passage=CHANGES, state="changed", lines=(44, 46), file=b"/papers")
        await chat.hear(replace(changed, changes=found.changes))
        await chat.press("d")
        assert chat.look() == snapshot
        await chat.press("d")
        assert "▌ 40  - The flow limit rose" in chat.look()


def surrounded(look: Look, state: Literal["current", "changed"] = "current") -> Source:
    """With lines around the passage."""
    first, last = look.passage.lines or (None, None)
    return Source(
        look=look.look,
        passage=look.passage,
        before="Water flows through the loop twice.\n\nNobody needs to watch it, but for the first hour.",
        after="The next part is about the tank.",
        first_line=first and first - 3,
        after_line=last and last + 1,
        file=b"/papers",
        state=state,
    )
