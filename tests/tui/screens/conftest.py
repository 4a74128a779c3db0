"""What the tests of the chat's screens stand on."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from docmind.agents.client import stop
from program import Program


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One home for all tests of a file."""
    program = Program(tmp_path_factory.mktemp("home"))
    yield program
    program.close()


@pytest.fixture(autouse=True)
async def _no_engine_stays(program: Program) -> AsyncIterator[None]:
    """Each test has its own runtime folder, in which the next one would not find its engine."""
    yield
    await stop(program.data_dir)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "pump.md").write_text("# Cooling\n\nThe pump of the cooling loop is blue. It moves 18 litres a minute.\n")
    return folder
