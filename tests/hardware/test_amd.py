"""AMD cards, through a module in the place of amdsmi: its library needs the card."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from docmind.agents.hardware.all_gpus import AllGpus
from docmind.agents.hardware.amd import MIB, AmdReader
from docmind.agents.hardware.gpu import Gpu, Process, Reading


class Smi(ModuleType):
    """One card; a query that is deleted is one that it does not know."""

    class AmdSmiException(Exception):
        pass

    AmdSmiClkType = SimpleNamespace(GFX="gfx")
    AmdSmiTemperatureType = SimpleNamespace(HOTSPOT="hotspot", EDGE="edge")
    AmdSmiTemperatureMetric = SimpleNamespace(CURRENT="current", CRITICAL="critical")

    def __init__(self) -> None:
        super().__init__("amdsmi")
        self.down = False
        process = {"pid": 7, "memory_usage": {"vram_mem": 5_000}}
        answers: dict[str, Any] = {
            "gpu_driver_info": {"driver_version": "6.12"},
            "gpu_asic_info": {"market_name": "Radeon\x1b[31m X"},
            "gpu_activity": {"gfx_activity": 40},
            "gpu_vram_usage": {"vram_used": 4_000, "vram_total": 16_000},
            "power_info": {"current_socket_power": "N/A", "average_socket_power": 120, "power_limit": 250},
            "clock_info": {"clk": 1800, "max_clk": 2500},
            "gpu_process_list": [{"pid": 8, "memory_usage": {"vram_mem": 4_000}}, process],
        }
        for name, answer in answers.items():
            setattr(self, f"amdsmi_get_{name}", lambda *_, answer=answer: answer)

    def amdsmi_init(self) -> None:
        if self.down:
            raise self.AmdSmiException("driver not loaded")

    def amdsmi_get_processor_handles(self) -> list[str]:
        self.amdsmi_init()
        return ["card"]

    def amdsmi_get_temp_metric(self, card: str, sensor: str, metric: str) -> int:
        if sensor == "hotspot":
            raise self.AmdSmiException("not supported")
        return {"current": 61, "critical": 100}[metric]


CARD = Gpu(
    index=0,
    name="Radeon X",
    load=40,
    memory_used=4_000 * MIB,
    memory_total=16_000 * MIB,
    memory_free=12_000 * MIB,
    temperature=61,
    temperature_limit=100,
    power=120,
    power_limit=250,
    clock=1800,
    clock_limit=2500,
    processes=(Process(pid=7, memory=5_000), Process(pid=8, memory=4_000)),
)


@pytest.fixture
def smi(monkeypatch: pytest.MonkeyPatch) -> Smi:
    smi = Smi()
    smi.__spec__ = SimpleNamespace()  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "amdsmi", smi)
    return smi


@pytest.fixture
def reader(nvml_library: Path) -> AmdReader:
    """Which finds a library: any will do."""
    return AmdReader(["/nowhere/lib.so", str(nvml_library)])


def test_a_card_tells_everything_with_its_units(smi: Smi, reader: AmdReader) -> None:
    assert reader.read() == Reading([CARD], driver="6.12")


def test_what_it_does_not_tell_hides_nothing_else(smi: Smi, reader: AmdReader) -> None:
    del smi.amdsmi_get_gpu_activity, smi.amdsmi_get_gpu_process_list, smi.amdsmi_get_clock_info
    (gpu,) = reader.read().gpus
    assert (gpu.load, gpu.processes, gpu.clock) == (None, None, None)
    assert gpu.memory_used == CARD.memory_used


def test_a_process_that_is_told_oddly_hides_nothing_else(smi: Smi, reader: AmdReader) -> None:
    odd = [{"pid": "N/A", "memory_usage": {}}, {"pid": 7, "memory_usage": "N/A"}, None, {"pid": 9}]
    process = {"pid": 8, "memory_usage": {"vram_mem": "N/A"}}
    smi.amdsmi_get_gpu_process_list = lambda _handle: [*odd, process]  # type: ignore[attr-defined]
    (gpu,) = reader.read().gpus
    assert (gpu.processes, gpu.load) == ((Process(pid=8),), 40)


def test_a_driver_that_fails_is_said_and_taken_up_when_it_works(smi: Smi, reader: AmdReader) -> None:
    smi.down = True
    assert reader.read() == Reading([], "The AMD driver does not answer: driver not loaded.")
    smi.down = False
    assert reader.read().gpus == [CARD]


def test_amdsmi_is_not_imported_where_its_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    imported: list[str] = []
    monkeypatch.setattr("docmind.agents.hardware.amd.importlib.import_module", imported.append)
    assert AmdReader(["/nowhere/lib.so"]).read() == Reading([])
    assert imported == []


class Fixed:
    """A reader that says what it was told to say."""

    def __init__(self, *reading: Any) -> None:
        self.read: Callable[[], Reading] = lambda: Reading(*reading)


def test_the_cards_of_all_vendors_are_numbered_through() -> None:
    other = Gpu(index=0, name="Other")
    found = AllGpus([Fixed([CARD], "One is lost.", "570", "12.8"), Fixed([other], "", "6.12")]).read()
    assert [(gpu.index, gpu.name) for gpu in found.gpus] == [(0, "Radeon X"), (1, "Other")]
    assert found[1:] == ("One is lost.", "570", "12.8")
