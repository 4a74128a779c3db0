"""A driver in trouble: texts that are none, numbers that no card can have, cards that may not be asked."""

from typing import Any

import pytest

from docmind.agents.hardware.all_gpus import AllGpus
from docmind.agents.hardware.gpu import Gpu, Reading
from docmind.agents.hardware.nvml import NvmlReader
from fakes.nvml import CARD, FakeDriver

ALL_BITS = 0xFFFFFFFF


def read(*readers: Any) -> Reading:
    return AllGpus(readers or [NvmlReader()]).read()


def test_a_version_that_is_no_text_hides_nothing_else(driver: FakeDriver) -> None:
    driver.says(CARD, driver="57\udcff", cuda=12080)
    found = read()
    assert (found.driver, found.cuda, found.problem) == ("", "12.8", "")
    assert found.gpus[0].load == 87


def test_a_reader_that_fails_is_told_and_hides_no_other(driver: FakeDriver) -> None:
    class Failing:
        def read(self) -> Reading:
            raise ValueError("N/A\x1b[31m")

    found = read(NvmlReader(), Failing())
    assert [gpu.load for gpu in found.gpus] == [87]
    assert found.problem == "The graphics cards cannot be read: ValueError('N/A\\x1b[31m')."


@pytest.mark.parametrize(
    ("what", "told", "fields"),
    [
        ("load", ALL_BITS, ["load"]),
        ("load", 101, ["load"]),
        ("fan", ALL_BITS, ["fan"]),
        ("temperature", 1000, ["temperature"]),
        ("temperature", -274 & ALL_BITS, ["temperature"]),
        ("slowdown", ALL_BITS, ["temperature_limit"]),
        ("slowdown", 0, ["temperature_limit"]),
        ("power", ALL_BITS, ["power"]),
        ("power_limit", ALL_BITS, ["power_limit"]),
        ("clock", ALL_BITS, ["clock"]),
        ("clock_limit", ALL_BITS, ["clock_limit"]),
        ("memory_clock", ALL_BITS, ["memory_clock"]),
        ("memory", "17000000000/16000000000", ["memory_used", "memory_free"]),
        ("memory", f"0/{2**64 - 1}", ["memory_total", "memory_free"]),
    ],
)
def test_a_number_that_no_card_can_have_is_not_told(
    driver: FakeDriver, what: str, told: int | str, fields: list[str]
) -> None:
    (well,) = read().gpus
    driver.says({**CARD, what: told})
    (found,) = read().gpus
    changed = [name for name in Gpu.__struct_fields__ if getattr(found, name) != getattr(well, name)]
    assert [name for name in changed if getattr(found, name) is None] == [
        name for name in Gpu.__struct_fields__ if name in fields
    ]


def test_a_cold_card_and_a_fan_over_its_best_are_believed(driver: FakeDriver) -> None:
    driver.says({**CARD, "temperature": -5 & ALL_BITS, "fan": 110})
    (found,) = read().gpus
    assert (found.temperature, found.fan) == (-5, 110)


def test_cards_that_this_user_may_not_ask_are_not_said_to_be_lost(driver: FakeDriver) -> None:
    driver.says({**CARD, "handle": "!4"})
    assert read().problem.startswith("No permission to ask the NVIDIA driver.")
    driver.says(CARD, {**CARD, "handle": "!4"}, {**CARD, "lost": 1})
    found = read()
    assert [gpu.index for gpu in found.gpus] == [0]
    assert found.problem == "GPU 1, 2 do not answer (Insufficient Permissions)."
