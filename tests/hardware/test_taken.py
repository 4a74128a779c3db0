"""How much memory a process has taken, of the machine and of cards."""

import os

import psutil
import pytest

from docmind.agents.hardware.gpu import Gpu, Process, Reading
from docmind.agents.hardware.nvml import NvmlReader
from docmind.agents.hardware.taken import taken
from fakes.nvml import CARD, FakeDriver

GB = 1_000_000_000


class Told:
    """A reader that says this."""

    def __init__(self, *gpus: Gpu, problem: str = "") -> None:
        self._reading = Reading([*gpus], problem)

    def read(self) -> Reading:
        return self._reading


def test_what_the_driver_tells_of_a_process_counts_on_every_card(driver: FakeDriver) -> None:
    mine = {**CARD, "processes": f"{os.getpid()}:{2 * GB},1:{5 * GB}", "drawing": ""}
    driver.says(mine, mine)
    size, vram = taken(os.getpid(), NvmlReader())
    assert vram == 4 * GB
    assert size > 4 * GB


def test_a_machine_without_cards_has_all_of_it_in_ram() -> None:
    size, vram = taken(os.getpid(), Told())
    assert vram == 0
    assert size == pytest.approx(psutil.Process().memory_info().rss, rel=0.5)


@pytest.mark.parametrize(
    "reader",
    [
        Told(problem="The driver does not answer."),
        Told(Gpu(index=0, name="Card", processes=(Process(pid=1, memory=GB),))),
        Told(Gpu(index=0, name="Card", processes=(Process(pid=os.getpid()),))),
        Told(Gpu(index=0, name="Card")),
    ],
)
def test_what_a_card_does_not_tell_of_it_is_not_known(reader: Told) -> None:
    assert taken(os.getpid(), reader)[1] is None


def test_a_process_that_is_gone_has_nothing() -> None:
    assert taken(2**22 + 1, Told())[0] == 0
