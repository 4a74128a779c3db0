"""The terminal goes away in mid-answer; the answer does not."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from fakes import FakeServer
from program import Program
from terminal import Terminal

PROMPT = "Ask about your documents"
SEARCH = 'Thought: I need to look.\nAction: search_documents\nAction Input: {"query": "pump"}\n'
WORDS = [f"word{n}" for n in range(200)]
ANSWER = "Thought: I know.\nAnswer: " + " ".join(WORDS)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "home")
    yield program
    program.close()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "pump.md").write_text("The pump of the cooling loop is blue.\n")
    return folder


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer([SEARCH, ANSWER], gap=0.02) as server:
        yield server


@pytest.fixture
def config(program: Program, server: FakeServer) -> Path:
    profile = f'kind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"'
    return program.config(f'profile = "model"\n[profiles.model]\n{profile}\n')


def opened(program: Program, *arguments: str | Path) -> Terminal:
    """Narrow, so that there is no sidebar beside the text."""
    return Terminal(program.command(*arguments), program.environ, columns=90)


def words(terminal: Terminal) -> list[str]:
    return re.findall(r"word\d+", terminal.text())


def hang_up(terminal: Terminal) -> None:
    terminal.hang_up()
    terminal.status = 129
    psutil.Process(terminal.pid).wait(15)


def send(number: signal.Signals) -> Callable[[Terminal], None]:
    def end(terminal: Terminal) -> None:
        os.kill(terminal.pid, number)
        terminal.ended()

    return end


@pytest.mark.parametrize("end", [hang_up, send(signal.SIGHUP), send(signal.SIGKILL)], ids=["pty", "SIGHUP", "SIGKILL"])
def test_a_screen_that_is_lost_in_mid_answer_finds_all_of_it_again(
    end: Callable[[Terminal], None], program: Program, documents: Path, config: Path
) -> None:
    with opened(program, "--config", config, documents) as terminal:
        terminal.wait(PROMPT)
        terminal.keys("Go", "enter")
        terminal.wait("word20 ")
        end(terminal)
    with opened(program, "--config", config, documents) as terminal:
        terminal.wait(r"You\s+Go.*word199.*\n +model · ")
        assert words(terminal) == WORDS
        terminal.keys("ctrl+q")
        assert terminal.ended() == 0
    with opened(program, "--config", config, documents) as terminal:
        terminal.wait(r"model · tiny:latest ●")
        assert not words(terminal)
    with opened(program, "resume", "--config", config) as terminal:
        terminal.wait(r"You\s+Go.*word199.*\n +model · ")
        assert words(terminal) == WORDS


def test_two_screens_show_the_same_chat_and_each_others_questions(
    program: Program, documents: Path, config: Path
) -> None:
    with opened(program, "--config", config, documents) as one:
        one.wait(PROMPT)
        one.keys("Go", "enter")
        one.wait("word20 ")
        with opened(program, "--config", config, documents) as two:
            two.wait("You\\s+Go.*word30 ")
            for terminal in (one, two):
                terminal.wait(r"word199.*\n +model · ")
                assert words(terminal) == WORDS
            two.keys("Is the pump of the cooling loop blue?", "enter")
            one.wait(r"You\s+Is the pump of the cooling loop blue\?.*word20 ")
            one.keys("escape")
            two.wait("Stopped. What was said stays.")


def break_off(program: Program, documents: Path, config: Path) -> None:
    """Kills screen and engine in mid-answer."""
    with opened(program, "--config", config, documents) as terminal:
        terminal.wait(PROMPT)
        terminal.keys("Go", "enter")
        terminal.wait("word60 ")
        os.kill(terminal.pid, signal.SIGKILL)
        folder = str(program.data_dir.resolve())
        (engine,) = [p for p in psutil.process_iter(["cmdline"]) if folder in (p.info["cmdline"] or [])]
        engine.kill()
        terminal.ended()


def test_an_answer_that_broke_off_with_the_engine_is_shown_and_goes_on(
    program: Program, documents: Path, config: Path
) -> None:
    break_off(program, documents, config)
    with opened(program, "resume", "--config", config) as terminal:
        terminal.wait("The last answer broke off.*Continue.*Ask again.*Leave it")
        terminal.keys("enter")
        terminal.wait(r"You\s+Go.*broke off; taken up again.*word199.*\n +model · ")
        assert words(terminal) == WORDS


def test_what_broke_off_is_asked_again_beside_the_broken_answer(
    program: Program, documents: Path, config: Path
) -> None:
    break_off(program, documents, config)
    with opened(program, "resume", "--config", config) as terminal:
        terminal.wait("The last answer broke off.*Continue.*Ask again.*Leave it")
        terminal.keys("down", "enter")
        terminal.wait(r"You\s+2 of 2.*Go.*word199.*\n +model · ")
        assert words(terminal) == WORDS
        assert "broke off" not in terminal.text()


def test_coming_back_to_nothing_says_so(program: Program, documents: Path) -> None:
    with Terminal(program.command("resume", documents), program.environ) as terminal:
        assert terminal.ended() == 1
        assert "There is no chat on these folders to come back to." in terminal.text()
