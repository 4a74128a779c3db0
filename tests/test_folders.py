"""The folder of the engine's socket is ours alone."""

import stat
from pathlib import Path

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.folders import runtime_dir


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


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


def test_a_link_in_place_of_the_folder_is_refused(no_own_configuration: Path, temporary: Path) -> None:
    (no_own_configuration / "run" / "docmind").write_text("in the way")
    folder = runtime_dir()
    folder.rmdir()
    folder.symlink_to(no_own_configuration)
    with pytest.raises(DocmindError) as caught:
        runtime_dir()
    assert caught.value.code == Code.ENGINE_START
