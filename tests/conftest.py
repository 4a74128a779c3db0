"""Shared by all tests: none of them may see the developer's own configuration or data."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from docmind.agents.client import stop
from leftovers import ended_with_us
from program import Program

# Whether the tests pass is no matter of chance: the same examples every time. `just explore` tries new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=5_000, deadline=None)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def nothing_left_running() -> Iterator[None]:
    """No engine of a test outlives the tests, not even when they are killed."""
    with ended_with_us():
        yield


@pytest.fixture(autouse=True)
def no_own_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Point every platform folder into a fresh temporary one and drop DOCMIND_* variables."""
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith("DOCMIND_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(home / variable.lower()))
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    return home


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One home, and so one warm engine, for all tests of a module that do not harm it."""
    program = Program(tmp_path_factory.mktemp("home"))
    yield program
    program.close()


@pytest.fixture
def own_program(tmp_path: Path) -> Iterator[Program]:
    """A home of its own."""
    program = Program(tmp_path / "home")
    yield program
    program.close()


@pytest.fixture
async def data_dir(tmp_path: Path) -> AsyncIterator[Path]:
    """A data folder without an engine; the one that a test starts is ended afterwards."""
    yield tmp_path / "data"
    await stop(tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one document."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "pump.md").write_text("The pump is blue.\n")
    return folder
