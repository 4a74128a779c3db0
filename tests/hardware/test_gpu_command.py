"""`docmind gpu`, as a user calls it, with a driver."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.hardware.all_gpus import InTime, read_in_time
from docmind.agents.hardware.gpu import Gpu, Process, Reading
from docmind.agents.hardware.machine import Machine
from docmind.agents.hardware.processes import Holder, family, holders
from docmind.tui.gpu import as_json
from fakes.nvml import CARD, FakeDriver
from terminal import Terminal

COMMAND = [sys.executable, "-m", "docmind", "gpu"]


@pytest.fixture
def driver(nvml_library: Path, tmp_path: Path) -> FakeDriver:
    return FakeDriver(nvml_library, tmp_path / "driver.txt")


def gpu(driver: FakeDriver, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, **driver.environment}
    return subprocess.run([*COMMAND, *arguments], env=environ, capture_output=True, encoding="utf-8", check=False)


def test_cards_are_told_with_units_limits_and_holders(driver: FakeDriver) -> None:
    driver.says({**CARD, "processes": f"{os.getpid()}:8000000000", "drawing": ""}, driver="570.1", cuda=12080)
    done = gpu(driver)
    said = re.sub(" +", " ", done.stdout)
    assert done.returncode == 0
    for line in (
        "GPU 0 Fake Card 16\n load 87 %\n VRAM 12.1 / 16.0 GB (76 %, 3.9 GB free)\n",
        "temperature 71 °C (slows down at 93 °C)",
        "power 244 / 320 W\n clock 1905 / 2100 MHz, memory 7001 MHz (held down by power limit)",
        "fan 43 % PCIe 4 x16 compute capability 8.6",
        f"{os.getpid()} 8.0 GB ",
        "driver 570.1, CUDA 12.8",
    ):
        assert line in said


def test_what_is_not_told_is_not_left_out(driver: FakeDriver) -> None:
    driver.says({"name": "Old Card"})
    said = re.sub(" +", " ", gpu(driver).stdout)
    assert said.startswith(
        "GPU 0 Old Card\n load n/a\n VRAM n/a\n temperature n/a\n power n/a\n clock n/a, memory n/a\n"
    )
    assert " fan n/a PCIe n/a compute capability n/a\n processes n/a\n" in said


def test_the_json_has_every_key_and_null_for_what_is_not_told(driver: FakeDriver) -> None:
    driver.says({"name": "Old Card"})
    told: dict[str, Any] = json.loads(gpu(driver, "--json").stdout)
    assert (told["driver"], told["problem"]) == (None, None)
    assert told["ram_total_bytes"] > told["ram_used_bytes"] > 0
    (card,) = told["gpus"]
    assert {key for key, value in card.items() if value is not None} == {"index", "name"}
    issue = "util_percent memory_used_bytes memory_total_bytes temperature_c temperature_limit_c power_w power_limit_w"
    assert {*issue.split(), "throttle", "processes"} < card.keys()


def test_a_driver_that_fails_is_told_and_ends_with_status_1(driver: FakeDriver) -> None:
    driver.says(init="!9")
    done = gpu(driver)
    assert done.returncode == 1
    assert "The NVIDIA driver is not loaded." in done.stdout
    assert json.loads(gpu(driver, "--json").stdout)["problem"].startswith("The NVIDIA driver is not loaded.")


def test_a_machine_without_a_driver_is_told(driver: FakeDriver) -> None:
    done = subprocess.run(COMMAND, capture_output=True, encoding="utf-8", check=False)
    if "GPU 0" in done.stdout:
        pytest.skip("this machine has a GPU")
    assert "models run on the CPU" in done.stdout
    assert done.returncode == 0


def test_watching_goes_on_until_ctrl_c(driver: FakeDriver) -> None:
    environ = {**os.environ, **driver.environment}
    with subprocess.Popen([*COMMAND, "--watch", "--json"], env=environ, stdout=subprocess.PIPE) as watching:
        assert watching.stdout
        first = json.loads(watching.stdout.readline())
        driver.says({**CARD, "temperature": 90})
        second = json.loads(watching.stdout.readline())
        watching.send_signal(signal.SIGINT)
    assert [told["gpus"][0]["temperature_c"] for told in (first, second)] == [71, 90]
    assert watching.returncode == 130


def test_watching_shows_as_much_as_the_terminal_has_lines(driver: FakeDriver) -> None:
    driver.says(*[CARD] * 4, driver="570.1")
    environ = {**os.environ, **driver.environment, "TERM": "xterm-256color"}
    with Terminal([*COMMAND, "--watch"], environ, columns=80, rows=24) as terminal:
        terminal.wait(r"\AGPU 0  Fake Card 16[\s\S]*GPU 1[\s\S]*… 21 more lines[\s\S]*CPU .*RAM[\s\S]*driver 570\.1")
        terminal.resize(40, 12)
        terminal.wait(r"\AGPU 0  Fake Card 16[\s\S]*… 33 more lines[\s\S]*driver 570\.1")
        assert "capability 8.6" not in terminal.text(), "it would need a second line"
        terminal.keys("ctrl+c")
        assert terminal.ended() == 130


def test_a_driver_that_hangs_for_long_is_asked_once_and_taken_up_again() -> None:
    let_go, asked = threading.Event(), list[int]()

    class Hanging:
        def read(self) -> Reading:
            asked.append(1)
            let_go.wait()
            return Reading([], driver="570.1")

    reader = InTime(Hanging())
    assert all(reader.read(0.01).problem for _ in range(3))
    assert len(asked) == 1
    let_go.set()
    assert [reader.read().driver for _ in range(2)] == ["570.1"] * 2
    assert len(asked) == 2


def test_a_driver_that_hangs_is_a_problem_that_is_told() -> None:
    let_go = threading.Event()

    class Hanging:
        def read(self) -> Reading:
            let_go.wait()
            return Reading([])

    assert read_in_time(Hanging(), 0.01).problem == (
        "The driver of the GPU has not answered for 0.01 s. Try `nvidia-smi`."
    )
    let_go.set()


def test_the_engine_and_what_it_started_are_ours() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        ours = family(os.getpid())
        mine, other = Process(pid=child.pid, memory=5), Process(pid=2**31 - 1)
        found = holders(Gpu(index=0, name="Card", processes=(mine, other)), ours)
        assert child.stdin
        child.stdin.close()
    assert (found[0].ours, found[0].memory, bool(found[0].name)) == (True, 5, True)
    assert found[1] == Holder(2**31 - 1, "", "", None, False)
    assert family(2**31 - 1) == frozenset()
    told = as_json(
        Reading([Gpu(index=0, name="Card", processes=(mine,))]), Machine(cpu=1, memory_used=1, memory_total=2), ours
    )
    assert told["gpus"][0]["processes"][0]["ours"] is True
