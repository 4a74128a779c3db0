"""A real model that does not fit, in a real terminal: it answers with less, says so, and gets its own settings back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.gguf import write_gguf
from fakes.memory import build, short
from program import Program
from terminal import Terminal

SEARCH = 'Thought: I need to look.\nAction: search_documents\nAction Input: {"query": "pump colour"}\n'
ANSWER = "Thought: I can answer now.\nAnswer: The pump is blue [1]."


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "home")
    yield program
    program.close()


def test_a_model_that_does_not_fit_answers_with_less_and_is_restored(
    program: Program, folder: Path, tmp_path: Path
) -> None:
    library = build(tmp_path)
    if library is None:
        pytest.skip("no C compiler (cc, gcc) on Linux to make memory short")
    path = write_gguf(tmp_path / "large.gguf", [SEARCH, ANSWER], layers=32)
    config = program.config(f'[profiles.large]\nkind = "llamacpp"\npath = "{path}"\nthreads = 1\n')
    command, little = program.command("--config", config, folder), short(library, 20)
    with Terminal(command, program.environ | little, columns=120, rows=40) as terminal:
        terminal.wait("1 file · 1 passage")
        terminal.keys("Which colour has the pump?", "enter")
        terminal.wait(r"The pump is blue \[1\]")
        terminal.wait(r"large goes on with kv_cache = q8_0;.*/restore large")
        terminal.keys("f2")
        terminal.wait("reduced")
        terminal.wait("memory ran out: kv_cache = q8_0; /restore large takes it back")
        terminal.keys("enter")
        terminal.until(lambda: "memory ran out" not in terminal.text())
        terminal.keys("/restore large", "enter")
        terminal.until(lambda: not list((program.data_dir / "reduced").iterdir()))
