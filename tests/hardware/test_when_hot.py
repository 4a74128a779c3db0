"""The whole program on a machine whose card is too hot, with a driver that says so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeServer
from fakes.nvml import CARD, FakeDriver
from program import Program
from terminal import Terminal

QUESTION = "What colour is the pump?"
SCRIPT = ['Action: search_documents\nAction Input: {"query": "pump"}', "Answer: The pump is blue [1]."]
HOT = {**CARD, "temperature": 91, "throttle": 0x20}


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "home")
    yield program
    program.close()


@pytest.fixture
def driver(nvml_library: Path, tmp_path: Path) -> FakeDriver:
    driver = FakeDriver(nvml_library, tmp_path / "driver.txt")
    driver.says(HOT)
    return driver


def configured(program: Program, when_hot: str, server: FakeServer) -> Path:
    return program.config(
        f'[hardware]\nwhen_hot = "{when_hot}"\n[agent]\ndeadline = 5\n'
        f'[profiles.card]\nkind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n'
    )


def test_the_next_profile_elsewhere_answers(program: Program, folder: Path, driver: FakeDriver) -> None:
    with FakeServer(SCRIPT) as server:
        config = configured(program, "next", server)
        answer = program.json("--config", config, "ask", QUESTION, folder, **driver.environment)
        assert not server.chats
        assert [(one["profile"], one["code"]) for one in answer["attempts"]] == [("card", "ERR_5019"), ("quotes", "")]
        assert "GPU 0 is at 91 °C and is slowed down by heat" in answer["attempts"][0]["reason"]
        driver.says(CARD)
        until_cool: list[Any] = []
        while not until_cool or until_cool[-1]["profile"] != "card":  # the engine reads the card every two seconds
            until_cool.append(program.json("--config", config, "ask", QUESTION, folder, **driver.environment))


def test_a_question_waits_visibly_and_is_answered_once_the_card_has_cooled(
    program: Program, folder: Path, driver: FakeDriver
) -> None:
    with FakeServer(SCRIPT) as server:
        command = program.command("--config", configured(program, "wait", server), folder)
        with Terminal(command, program.environ | driver.environment, columns=120) as terminal:
            terminal.wait("1 file · 1 passage")
            terminal.keys(QUESTION)
            terminal.keys("enter")
            terminal.wait(r"waiting until it is cooler \(GPU 0 is at 91 °C and is slowed down by heat\)")
            terminal.keys("escape")
            terminal.wait("Stopped. What was said stays.")
            terminal.keys(QUESTION)
            terminal.keys("enter")
            terminal.wait(r"waiting until it is cooler[\s\S]*waiting until it is cooler")
            assert not server.chats
            driver.says(CARD)
            terminal.wait(r"The pump is blue \[1\]")
