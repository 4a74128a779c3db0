"""The sidebar beside a driver that hangs."""

import threading
from collections.abc import Iterator

import pytest

from docmind.agents.hardware import watching
from docmind.agents.hardware.gpu import Reading
from docmind.agents.protocol import Library
from docmind.tui.widgets import sidebar as module
from fakes.sidebar import Alone, card
from fakes.waiting import until


class Hanging:
    """A driver that answers some times, and then not until it is let go."""

    def __init__(self, answers: int = 1) -> None:
        self.readings, self.answers = 0, answers
        self.let_go = threading.Event()

    def read(self) -> Reading:
        self.readings += 1
        if self.readings > self.answers:
            self.let_go.wait()
        return Reading([card(temperature=70 + self.readings)])


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    """Without the pauses between readings."""
    monkeypatch.setattr(module, "SILENT_S", 0.01)
    monkeypatch.setattr(watching, "INTERVAL_S", 0.0)
    hanging = Hanging()
    yield hanging
    hanging.let_go.set()


async def test_a_driver_that_hangs_is_said_and_stops_neither_the_screen_nor_its_end(hanging: Hanging) -> None:
    app = Alone(hanging)
    async with app.run_test() as pilot:
        app.sidebar.start_reading()
        await until(lambda: "no answer from the driver" in app.sidebar.text)
        assert "71 °C" in app.sidebar.text
        app.sidebar.show(Library(ready=True, files=7, chunks=9))
        await pilot.pause()
        assert "7 files" in app.sidebar.text
    assert not hanging.let_go.is_set()


async def test_a_driver_that_answers_again_is_shown(hanging: Hanging) -> None:
    app = Alone(hanging)
    async with app.run_test():
        app.sidebar.start_reading()
        await until(lambda: "no answer from the driver" in app.sidebar.text)
        hanging.let_go.set()
        await until(lambda: "71 °C" not in app.sidebar.text and "°C" in app.sidebar.text)


async def test_a_driver_that_hangs_from_the_beginning_is_said(hanging: Hanging) -> None:
    hanging.answers = 0
    app = Alone(hanging)
    async with app.run_test():
        app.sidebar.start_reading()
        await until(lambda: "no answer from the driver" in app.sidebar.text)
