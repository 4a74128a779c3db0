"""The whole program with a driver, on a real terminal."""

from pathlib import Path

import pytest

from fakes.nvml import CARD, FakeDriver
from program import Program
from terminal import Terminal


@pytest.fixture
def driver(nvml_library: Path, tmp_path: Path) -> FakeDriver:
    return FakeDriver(nvml_library, tmp_path / "driver.txt")


def test_a_card_is_shown_heats_is_lost_and_comes_back(program: Program, folder: Path, driver: FakeDriver) -> None:
    with Terminal(program.command(folder), program.environ | driver.environment, columns=120) as terminal:
        terminal.wait(r"GPU 0  Fake Card 16.*87 %.*12\.1 / 16\.0 GB.*71 °C.*244 / 320 W")
        driver.says({**CARD, "temperature": 91})
        terminal.wait("91 °C !")
        driver.says({**CARD, "lost": 1})
        terminal.wait(r"CPU.*RAM.*! A GPU is lost")
        driver.says(CARD)
        terminal.wait("71 °C")


def test_a_driver_that_hangs_stops_neither_typing_nor_the_end(
    program: Program, folder: Path, driver: FakeDriver
) -> None:
    driver.says(CARD, hang=1)
    with Terminal(program.command(folder), program.environ | driver.environment, columns=120) as terminal:
        terminal.wait("1 file · 1 passage")
        terminal.keys("pump")
        terminal.wait("pump")
        terminal.keys("ctrl+q")
        assert terminal.ended() == 0


def test_a_narrow_terminal_has_the_card_in_the_status_line(program: Program, folder: Path, driver: FakeDriver) -> None:
    with Terminal(program.command(folder), program.environ | driver.environment, columns=90) as terminal:
        terminal.wait(r"87 % · 12\.1/16\.0 GB · 71 °C")
        assert "Fake Card" not in terminal.text()
