"""The hardware screen: all cards, the last hour, who holds the memory; and what is told when a card gets hot."""

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from docmind.agents.hardware import processes
from docmind.agents.hardware.gpu import Gpu, Process
from docmind.agents.hardware.history import Hour
from docmind.agents.hardware.limits import CALM, Limits
from docmind.tui.screens import chat as module
from docmind.tui.screens import hardware
from docmind.tui.screens.hardware import HardwareScreen
from docmind.tui.widgets.sidebar import Sidebar
from fakes.sidebar import sample
from still import Stage

CARD = Gpu(
    index=0,
    name="NVIDIA RTX A4000",
    load=87,
    memory_used=12_100_000_000,
    memory_total=16_000_000_000,
    temperature=71,
    temperature_limit=93,
    power=124.4,
    power_limit=140.0,
    clock=1560,
    clock_limit=2100,
    fan=55,
    throttle=("power limit",),
    pcie="4 x16",
    capability=(8, 6),
    processes=(Process(pid=4711, memory=9_000_000_000), Process(pid=4712, memory=3_000_000_000), Process(pid=99)),
)
HOT = msgspec.structs.replace(CARD, temperature=91, memory_used=15_000_000_000, throttle=("heat",))
NAMES = {4711: ("docmind", "ann"), 4712: ("ollama", "ollama"), 99: ("", "")}


@pytest.fixture(autouse=True)
def known_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_name_and_user", NAMES.__getitem__)
    monkeypatch.setattr(module, "our_processes", lambda _folder: frozenset({4711}))


async def test_all_that_is_known_of_the_cards(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened(CARD, msgspec.structs.replace(HOT, index=1, processes=None)) as chat:
        await chat.press("f12")
        await chat.until(lambda: "ollama" in chat.look())
        assert chat.look() == snapshot


async def test_a_machine_without_a_card(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.press("f12")
        await chat.pilot.pause()
        assert chat.look() == snapshot


async def test_it_follows_the_readings_and_goes_by_its_own_key(stage: Stage) -> None:
    async with stage.opened(CARD) as chat:
        await chat.press("f12")
        await chat.until(lambda: "71 °C" in chat.look())
        chat.screen.query_one(Sidebar).show_sample(sample(HOT))
        await chat.until(lambda: "91 °C !" in chat.look() and "! held down by heat" in chat.look())
        await chat.press("f12")
        assert not isinstance(chat.app.screen, HardwareScreen)


async def test_a_driver_that_hangs_is_told_beside_each_card(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "INTERVAL_S", 0.01)
    async with stage.opened(CARD, msgspec.structs.replace(CARD, index=1)) as chat:
        sidebar = chat.screen.query_one(Sidebar)
        await chat.press("f12")
        monkeypatch.setattr(Sidebar, "is_silent", True)
        await chat.until(lambda: chat.look().count("NVIDIA RTX A4000  ! no answer from the driver") == 2)
        monkeypatch.setattr(Sidebar, "is_silent", False)
        sidebar.show_sample(sample(CARD))
        await chat.until(lambda: "no answer from" not in chat.look())


async def test_a_driver_that_has_never_answered_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "INTERVAL_S", 0.01)
    monkeypatch.setattr(Sidebar, "hardware", (Hour(), Limits(), None))
    async with stage.opened() as chat:
        await chat.press("f12")
        await chat.until(lambda: "The hardware has not been read yet." in chat.look())
        monkeypatch.setattr(Sidebar, "is_silent", True)
        await chat.until(lambda: "! no answer from the driver" in chat.look())


async def test_a_crossing_is_told_once(stage: Stage) -> None:
    async with stage.opened(CARD) as chat:
        for card in (HOT, HOT, *[CARD] * CALM, HOT):
            chat.screen.query_one(Sidebar).show_sample(sample(card))
        await chat.pilot.pause()
        told = chat.notices().splitlines()
    assert told.count("GPU 0 is hot: 91 °C.") == 2
    assert told.count("GPU 0 is slowed down by heat.") == 2
