"""The folder of the engine's socket is ours alone."""

import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.folders import runtime_dir


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Its path is short, as that of a temporary folder is."""
    with TemporaryDirectory() as folder:
        monkeypatch.setattr("tempfile.tempdir", folder)
        yield Path(folder)


def test_the_folder_for_sockets_lets_nobody_else_in() -> None:
    folder = runtime_dir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert stat.S_IMODE(runtime_dir().stat().st_mode) == 0o700


def test_a_private_folder_under_the_temporary_one_serves_where_there_is_none(
    no_own_configuration: Path, temporary: Path
) -> None:
    (no_own_configuration / "run" / "docmind").write_text("in the way")
    folder = runtime_dir()
    assert folder.parent == temporary
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_where_the_path_is_too_long_for_a_socket_there_is_the_one_under_the_temporary_one(
    no_own_configuration: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(no_own_configuration / ("deep" * 20)))
    assert runtime_dir().parent == temporary


def test_a_link_in_place_of_the_folder_is_refused(no_own_configuration: Path, temporary: Path) -> None:
    (no_own_configuration / "run" / "docmind").write_text("in the way")
    folder = runtime_dir()
    folder.rmdir()
    folder.symlink_to(no_own_configuration)
    with pytest.raises(DocmindError) as caught:
        runtime_dir()
    assert caught.value.code == Code.ENGINE_START
