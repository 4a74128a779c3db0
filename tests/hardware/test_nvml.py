"""What is read from GPUs, through the real binding of NVML, when the driver is well and when it is not."""

import pynvml
import pytest

from docmind.agents.hardware.all_gpus import AllGpus
from docmind.agents.hardware.amd import AmdReader
from docmind.agents.hardware.gpu import Gpu, Process, Reading
from docmind.agents.hardware.nvml import NvmlReader
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
    memory_free=3_900_000_000,
    clock=1905,
    clock_limit=2100,
    memory_clock=7001,
    fan=43,
    throttle=("power limit",),
    pcie="4 x16",
    mig=False,
    capability=(8, 6),
    processes=(
        Process(pid=4711, memory=8_000_000_000),
        Process(pid=4712, memory=1_000_000_000),
        Process(pid=12, memory=None),
    ),
)


def test_a_card_tells_everything_with_its_units(driver: FakeDriver) -> None:
    assert NvmlReader().read() == Reading([FIRST])


def test_several_cards_are_read_in_their_order(driver: FakeDriver) -> None:
    driver.says(CARD, {**CARD, "name": "Second", "temperature": 40})
    first, second = NvmlReader().read().gpus
    assert first == FIRST
    assert (second.index, second.name, second.temperature) == (1, "Second", 40)


DIVIDED = {**CARD, "mig": 1, "load": "!3", "processes": "!3", "drawing": "!3"}
"""By MIG: such a card tells neither its load nor its processes."""


@pytest.mark.parametrize("cards", [[CARD] * 8, [CARD] * 16, [CARD, {"name": "Old"}, DIVIDED], [DIVIDED]])
def test_each_card_of_a_machine_tells_what_it_can(driver: FakeDriver, cards: list[dict[str, object]]) -> None:
    driver.says(*cards)
    found = NvmlReader().read()
    assert found.problem == ""
    assert [(gpu.index, gpu.name) for gpu in found.gpus] == [(n, card["name"]) for n, card in enumerate(cards)]
    assert [gpu.mig for gpu in found.gpus] == [None if "mig" not in card else bool(card["mig"]) for card in cards]
    assert [gpu.load for gpu in found.gpus] == [87 if card.get("load") == 87 else None for card in cards]


def test_every_reading_is_a_new_one(driver: FakeDriver) -> None:
    reader = NvmlReader()
    reader.read()
    driver.says({**CARD, "temperature": 91})
    assert reader.read().gpus[0].temperature == 91


FIELDS = {
    "memory": ["memory_used", "memory_total", "memory_free"],
    "slowdown": ["temperature_limit"],
    "pcie_generation": ["pcie"],
    "pcie_width": ["pcie"],
}
"""What the driver's word says of the fields, where that is not the same word."""


@pytest.mark.parametrize("what", [what for what in CARD if what not in ("name", "processes", "drawing")])
@pytest.mark.parametrize("error", ["3", "4", "13", "999"])  # not supported, no permission, not in this driver, unknown
def test_what_a_card_does_not_tell_hides_nothing_else(driver: FakeDriver, what: str, error: str) -> None:
    driver.says({**CARD, what: f"!{error}"})
    (gpu,) = NvmlReader().read().gpus
    fields = FIELDS.get(what, [what])
    for field in Gpu.__struct_fields__:
        assert getattr(gpu, field) == (None if field in fields else getattr(FIRST, field))


def test_a_card_may_tell_nothing_but_its_name(driver: FakeDriver) -> None:
    driver.says({"name": "Old Card"})
    assert NvmlReader().read() == Reading([Gpu(index=0, name="Old Card")])


def test_a_card_without_a_name_is_not_lost(driver: FakeDriver) -> None:
    driver.says({**CARD, "name": "!3"})
    (gpu,) = NvmlReader().read().gpus
    assert (gpu.name, gpu.load) == ("NVIDIA GPU", 87)


@pytest.mark.parametrize("told", [{"throttle": 0x60 | 0x08}, {"old_throttle": 0x40 | 0x08}])
def test_the_reasons_for_lower_clocks_are_words(driver: FakeDriver, told: dict[str, int]) -> None:
    driver.says({"name": "Card", **told})
    assert NvmlReader().read().gpus[0].throttle == ("heat", "hardware")


def test_the_versions_of_driver_and_cuda_are_told(driver: FakeDriver) -> None:
    driver.says(CARD, driver="570.86.15", cuda=12080)
    found = NvmlReader().read()
    assert (found.driver, found.cuda) == ("570.86.15", "12.8")


def test_processes_are_told_once_each_the_largest_first(driver: FakeDriver) -> None:
    many = ",".join(f"{pid}:{pid}" for pid in range(1, 20))
    driver.says({"name": "Card", "processes": many, "drawing": "7:-"})
    found = NvmlReader().read().gpus[0].processes
    assert found == tuple(Process(pid=pid, memory=pid) for pid in range(19, 0, -1))
    driver.says({"name": "Card", "processes": "!3", "drawing": "7:-"})
    assert NvmlReader().read().gpus[0].processes == (Process(pid=7),)
    driver.says({"name": "Card", "processes": ""})
    assert NvmlReader().read().gpus[0].processes == ()


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
    assert NvmlReader().read() == Reading([FIRST], "GPU 1 does not answer.")


def test_cards_keep_their_numbers_when_others_are_lost(driver: FakeDriver) -> None:
    reader = AllGpus([NvmlReader(), AmdReader(()), NvmlReader()])
    driver.says(*[CARD] * 4)
    assert [gpu.index for gpu in reader.read().gpus] == [*range(8)]
    lost = {**CARD, "lost": 1}
    driver.says(lost, CARD, CARD, lost)
    found = reader.read()
    assert [gpu.index for gpu in found.gpus] == [1, 2, 5, 6]
    assert found.problem.startswith("GPU 0, 3 do not answer.")


def test_the_only_card_can_be_lost_and_come_back(driver: FakeDriver) -> None:
    reader = NvmlReader()
    driver.says({**CARD, "lost": 1})
    found = reader.read()
    assert found.gpus == []
    assert "A GPU is lost" in found.problem
    driver.says(CARD)
    assert reader.read() == Reading([FIRST])


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("9", "The NVIDIA driver is not loaded. Try `nvidia-smi`"),
        ("18", "The NVIDIA driver was updated, and the old one still runs. Reboot"),
        ("4", "No permission to ask the NVIDIA driver."),
        ("999", "The NVIDIA driver does not answer: Unknown Error."),
    ],
)
def test_a_driver_that_fails_is_said_and_taken_up_when_it_works(driver: FakeDriver, error: str, says: str) -> None:
    reader = NvmlReader()
    driver.says(init=f"!{error}")
    found = reader.read()
    assert found.gpus == []
    assert found.problem.startswith(says)
    driver.says(CARD)
    assert reader.read() == Reading([FIRST])


def test_a_driver_that_goes_while_it_is_used_is_taken_up_again(driver: FakeDriver) -> None:
    reader = NvmlReader()
    reader.read()
    driver.says(count="!9")
    assert "not loaded" in reader.read().problem
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
