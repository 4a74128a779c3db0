"""What is read from GPUs, through the real binding of NVML, when the driver is well and when it is not."""

import pynvml
import pytest

from docmind.agents.hardware.gpu import Gpu, NvmlReader, Reading
from fakes.nvml import CARD, FakeDriver

FIRST = Gpu(
    index=0,
    name="Fake Card 16",
    load=87,
    memory_used=12_100_000_000,
    memory_total=16_000_000_000,
    temperature=71,
    temperature_limit=93,
    power=244.0,
    power_limit=320.0,
)


def test_a_card_tells_everything_with_its_units(driver: FakeDriver) -> None:
    assert NvmlReader().read() == Reading([FIRST])


def test_several_cards_are_read_in_their_order(driver: FakeDriver) -> None:
    driver.says(CARD, {**CARD, "name": "Second", "temperature": 40})
    first, second = NvmlReader().read().gpus
    assert first == FIRST
    assert (second.index, second.name, second.temperature) == (1, "Second", 40)


def test_every_reading_is_a_new_one(driver: FakeDriver) -> None:
    reader = NvmlReader()
    reader.read()
    driver.says({**CARD, "temperature": 91})
    assert reader.read().gpus[0].temperature == 91


@pytest.mark.parametrize("what", ["load", "memory", "temperature", "slowdown", "power", "power_limit"])
@pytest.mark.parametrize("error", ["3", "4", "13", "999"])  # not supported, no permission, not in this driver, unknown
def test_what_a_card_does_not_tell_hides_nothing_else(driver: FakeDriver, what: str, error: str) -> None:
    driver.says({**CARD, what: f"!{error}"})
    (gpu,) = NvmlReader().read().gpus
    fields = {"memory": ["memory_used", "memory_total"], "slowdown": ["temperature_limit"]}.get(what, [what])
    for field in Gpu.__struct_fields__:
        assert getattr(gpu, field) == (None if field in fields else getattr(FIRST, field))


def test_a_card_may_tell_nothing_but_its_name(driver: FakeDriver) -> None:
    driver.says({"name": "Old Card"})
    assert NvmlReader().read() == Reading([Gpu(index=0, name="Old Card")])


def test_an_old_driver_tells_the_temperature_by_its_old_call(driver: FakeDriver) -> None:
    driver.says({"name": "Old Card", "old_temperature": 55})
    assert NvmlReader().read().gpus[0].temperature == 55


def test_a_binding_without_a_call_is_as_a_card_that_does_not_tell(
    driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(pynvml, "nvmlDeviceGetPowerUsage")
    assert NvmlReader().read().gpus[0].power is None


def test_a_lost_card_is_said_and_the_other_goes_on(driver: FakeDriver) -> None:
    driver.says(CARD, {**CARD, "lost": 1})
    assert NvmlReader().read() == Reading([FIRST], "1 GPU does not answer.")


def test_the_only_card_can_be_lost_and_come_back(driver: FakeDriver) -> None:
    reader = NvmlReader()
    driver.says({**CARD, "lost": 1})
    found = reader.read()
    assert found.gpus == []
    assert "GPU is lost" in found.problem
    driver.says(CARD)
    assert reader.read() == Reading([FIRST])


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("9", "Driver Not Loaded"),
        ("18", "RM has detected"),
        ("4", "Insufficient Permissions"),
        ("999", "Unknown Error"),
    ],
)
def test_a_driver_that_fails_is_said_and_taken_up_when_it_works(driver: FakeDriver, error: str, says: str) -> None:
    reader = NvmlReader()
    driver.says(init=f"!{error}")
    found = reader.read()
    assert found.gpus == []
    assert found.problem.startswith("The NVIDIA driver does not answer: ")
    assert says in found.problem
    driver.says(CARD)
    assert reader.read() == Reading([FIRST])


def test_a_driver_that_goes_while_it_is_used_is_taken_up_again(driver: FakeDriver) -> None:
    reader = NvmlReader()
    reader.read()
    driver.says(count="!9")
    assert "Driver Not Loaded" in reader.read().problem
    driver.says(CARD)
    assert reader.read() == Reading([FIRST])


def test_a_driver_without_cards_is_no_problem(driver: FakeDriver) -> None:
    driver.says()
    assert NvmlReader().read() == Reading([])


def test_a_machine_without_the_driver_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pynvml, "nvmlLib", None)
    monkeypatch.setattr(pynvml, "CDLL", absent)
    assert NvmlReader().read() == Reading([])


def absent(name: str) -> None:
    raise OSError(f"{name}: cannot open shared object file")


@pytest.mark.parametrize("name", ["\x1b[31mRed\x1b]52;c;eA==\x07", "\u202eRed", "Red\udcff"])
def test_the_name_of_a_card_is_made_safe(driver: FakeDriver, name: str) -> None:
    driver.says({**CARD, "name": name})
    (gpu,) = NvmlReader().read().gpus
    assert gpu.name.startswith("Red")
    assert gpu.name.isprintable()
    assert gpu.load == 87
