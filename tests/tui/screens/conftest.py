"""What the tests of the chat's screens stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from program import Program


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One engine for all tests of a file."""
    program = Program(tmp_path_factory.mktemp("home"))
    yield program
    program.close()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "pump.md").write_text("# Cooling\n\nThe pump of the cooling loop is blue. It moves 18 litres a minute.\n")
    return folder
