"""A real model is killed in mid-answer, in a real terminal: one whole answer is read, and no error."""

import contextlib
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fakes import FakeServer
from fakes.gguf import write_gguf
from program import Program
from terminal import Terminal

PROMPT = "Ask about your documents"
SEARCH = 'Thought: I need to look.\nAction: search_documents\nAction Input: {"query": "pump colour"}\n'
NAMES = ["".join(letters) for letters in itertools.product("bdfgklmnpr", "aeiou", "bdgklmnx")]
SAID = ["The", "pump", "of", "the", "cooling", "loop", "is", "blue", "[1].", *NAMES]
ANSWER = f"Thought: I can answer now.\nAnswer: {' '.join(SAID)}"
SEAM = re.compile(r"─ model broke off; continued by (\w+) ─")


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    (folder / "pump.md").write_text(
        "# Cooling\n\nThe pump of the cooling loop is blue. The colour of the reserve pump is green.\n"
    )
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The profile of a model file that says ANSWER, slowly enough to be killed while it does."""
    path = write_gguf(tmp_path_factory.mktemp("models") / "scripted.gguf", [SEARCH, ANSWER], feed_forward=65536)
    return f'[profiles.model]\nkind = "llamacpp"\npath = "{path}"\nthreads = 1\n'


@contextlib.contextmanager
def asked(program: Program, config: Path, documents: Path) -> Iterator[Terminal]:
    """So high that the whole answer is on the screen."""
    command = program.command("--config", config, documents)
    with Terminal(command, program.environ, columns=90, rows=70) as terminal:
        terminal.wait(PROMPT)
        terminal.keys("Which colour has the pump?", "enter")
        yield terminal


def kill_the_model(program: Program, terminal: Terminal) -> None:
    """As soon as more of its answer is on the screen."""
    before = answer(terminal).split()
    terminal.until(lambda: not {*answer(terminal).split()}.isdisjoint({*NAMES} - {*before}), "more of the answer")
    (child,) = children(program)
    child.kill()
    child.wait(10)


def children(program: Program) -> list[psutil.Process]:
    """The model servers of the program's engine."""
    folder = str(program.data_dir.resolve())
    (engine,) = [p for p in psutil.process_iter(["cmdline"]) if folder in (p.info["cmdline"] or [])]
    return [p for p in engine.children() if any("llamacpp_child" in part for part in p.cmdline())]


def answer(terminal: Terminal) -> str:
    """The text between the look-up and its sources, as it stands on the screen."""
    return terminal.text().partition(" s ▸\n")[2].partition("Sources")[0]


def test_another_model_finishes_what_a_killed_one_has_begun(program: Program, documents: Path, model: str) -> None:
    with FakeServer([SEARCH, ANSWER]) as server:
        other = f'[profiles.other]\nkind = "openai"\nurl = "{server.openai_url}"\n'
        config = program.config(f'fallback = ["model", "other"]\n{model}{other}')
        with asked(program, config, documents) as terminal:
            kill_the_model(program, terminal)
            terminal.wait(r"rux\n.*Sources.*other · ")
            before, by, after = SEAM.split(answer(terminal))
            assert by == "other"
            assert before.split() + after.split() == SAID
            assert "ERR_" not in terminal.text()


def test_quotes_finishes_when_the_only_model_is_killed_twice(program: Program, documents: Path, model: str) -> None:
    with asked(program, program.config(model), documents) as terminal:
        kill_the_model(program, terminal)
        terminal.wait(r"broke off; continued by model.*^ writing ")
        kill_the_model(program, terminal)
        terminal.wait(r"Sources.*\[1\] pump.md 3.*quotes")
        begun, first, went_on, second, end = SEAM.split(answer(terminal))
        said = begun.split() + went_on.split()
        assert (first, second) == ("model", "quotes")
        assert said == SAID[: len(said)]
        assert re.fullmatch(
            r"\s*…\s*The documents say:\s*“The colour of the reserve pump is green.” \[1\].*", end, re.S
        )
        assert "ERR_" not in terminal.text()
