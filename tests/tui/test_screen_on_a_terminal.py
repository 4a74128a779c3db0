"""The whole program in a real terminal, with a real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from program import Program
from terminal import Terminal


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "home")
    yield program
    program.close()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "pump.md").write_text("# Cooling\n\nThe pump of the cooling loop is blue. It moves 18 litres a minute.\n")
    return folder


def test_a_question_is_answered_and_the_program_left(program: Program, documents: Path) -> None:
    with Terminal(program.command(documents), program.environ) as terminal:
        terminal.wait("Ask about your documents")
        terminal.keys("Which colour has the pump of the cooling loop?", "enter")
        terminal.wait(r"pump of the cooling loop is blue.*Sources.*pump.md")
        terminal.keys("ctrl+q")
        assert terminal.ended() == 0
