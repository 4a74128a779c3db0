"""The sidebar at rest, hot, full and lost, with no card, one and eight; after a wanted change: --snapshot-update."""

from collections.abc import Callable

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from docmind.agents.hardware.gpu import Gpu
from docmind.agents.hardware.watching import Sample
from docmind.tui.widgets.sidebar import Sidebar
from fakes.sidebar import sample
from fakes.story import READY
from still import Stage

NAMES = ("NVIDIA GeForce RTX 4090", "NVIDIA RTX 6000 Ada Generation Laptop", *["NVIDIA H200 NVL"] * 6)
TOTALS_GB = (24, 48, *[151] * 6)


def at_rest(index: int) -> Gpu:
    """Little is used, nothing runs."""
    return Gpu(
        index=index, name=NAMES[index], load=index, memory_used=(1 + index) * 10**8,
        memory_total=TOTALS_GB[index] * 10**9, temperature=36 + index, power=21.0 + index, power_limit=450,
    )  # fmt: skip


def at_work(gpu: Gpu) -> Gpu:
    total = gpu.memory_total or 0
    return msgspec.structs.replace(
        gpu, load=97 + gpu.index % 4, memory_used=total * 3 // 5, temperature=72, power=412.0, throttle=("power limit",)
    )


def hot(gpu: Gpu) -> Gpu:
    """So much that the card slows itself down."""
    return msgspec.structs.replace(at_work(gpu), temperature=91 + gpu.index, throttle=("heat",))


def full(gpu: Gpu) -> Gpu:
    return msgspec.structs.replace(at_work(gpu), memory_used=(gpu.memory_total or 0) * 19 // 20)


def of_some(change: Callable[[Gpu], Gpu], gpus: list[Gpu]) -> Sample:
    """The first card and the last two, beside others at work."""
    changed = {0, len(gpus) - 2, len(gpus) - 1}
    return sample(*(change(gpu) if gpu.index in changed else at_work(gpu) for gpu in gpus))


@pytest.mark.parametrize("state", ["rest", "work", "hot", "full", "lost"])
@pytest.mark.parametrize("count", [1, 8], ids=lambda count: f"{count} GPUs")
async def test_cards(stage: Stage, snapshot: SnapshotAssertion, count: int, state: str) -> None:
    gpus = [at_rest(index) for index in range(count)]
    lost = sample(*gpus[1:], problem="GPU 0 does not answer." if count > 1 else "A GPU is lost: reboot.")
    work = sample(*map(at_work, gpus))
    last = {"rest": sample(*gpus), "work": work, "hot": of_some(hot, gpus), "full": of_some(full, gpus), "lost": lost}
    async with stage.opened(*gpus) as chat:
        await chat.hear(*READY)
        for reading in (work, sample(*gpus), last[state]):
            chat.screen.query_one(Sidebar).show_sample(reading)
        await chat.pilot.pause()
        assert chat.look() == snapshot


@pytest.mark.parametrize("problem", ["", "The NVIDIA driver is not loaded. Try `nvidia-smi`; after an update, reboot."])
async def test_a_machine_without_cards(stage: Stage, snapshot: SnapshotAssertion, problem: str) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY)
        chat.screen.query_one(Sidebar).show_sample(sample(problem=problem))
        await chat.pilot.pause()
        assert chat.look() == snapshot
