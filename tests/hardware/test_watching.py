"""Reading the hardware again and again, beside the screen."""

import queue
import threading

import psutil
import pytest

from docmind.agents.hardware import watching
from docmind.agents.hardware.gpu import Gpu, Reading
from docmind.agents.hardware.machine import read_machine
from docmind.agents.hardware.watching import Sample, Watch

SOON = 10.0
"""Seconds; for what happens at once."""


class Hanging:
    """A driver that does not answer until it is let go."""

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()

    def read(self) -> Reading:
        self.asked.set()
        self.let_go.wait()
        return Reading([])


class Heating:
    """A card that is one degree hotter at every reading."""

    def __init__(self) -> None:
        self.temperature = 0

    def read(self) -> Reading:
        self.temperature += 1
        return Reading([Gpu(index=0, name="Card", temperature=self.temperature)])


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "INTERVAL_S", 0.0)


def test_the_cards_are_read_again_and_again_until_it_is_stopped() -> None:
    told: queue.Queue[Sample] = queue.Queue()
    watch = Watch(told.put, Heating())
    watch.start()
    samples = [told.get(timeout=SOON) for _ in range(3)]
    watch.stop()
    assert [sample.gpus.gpus[0].temperature for sample in samples] == [1, 2, 3]


def test_the_machine_is_read_only_where_there_is_no_gpu() -> None:
    told: queue.Queue[Sample] = queue.Queue()
    hanging = Hanging()
    hanging.let_go.set()
    for reader in (Heating(), hanging):
        watch = Watch(told.put, reader)
        watch.start()
        sample = told.get(timeout=SOON)
        watch.stop()
        assert (sample.machine is None) == bool(sample.gpus.gpus)
        while not told.empty():
            told.get()


def test_stopping_does_not_wait_for_a_driver_that_hangs_and_hears_no_more_of_it() -> None:
    told: queue.Queue[Sample] = queue.Queue()
    hanging = Hanging()
    watch = Watch(told.put, hanging)
    watch.start()
    assert hanging.asked.wait(SOON)
    watch.stop()
    thread = next(thread for thread in threading.enumerate() if thread.name == "hardware")
    assert thread.daemon
    hanging.let_go.set()
    thread.join(SOON)
    assert not thread.is_alive()
    assert told.empty()


def test_the_machine_tells_what_is_not_available_as_used(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = psutil.virtual_memory()._replace(total=16_000, available=4_000, used=1_000, free=500)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 37.5)
    machine = read_machine()
    assert (machine.cpu, machine.memory_used, machine.memory_total) == (37.5, 12_000, 16_000)


def test_the_machine_of_this_test_is_read() -> None:
    machine = read_machine()
    assert 0 <= machine.cpu <= 100
    assert 0 < machine.memory_used < machine.memory_total
