"""What the tests of the command line and the screens stand on."""

from pathlib import Path

import pytest

from still import Stage


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with one document about a pump."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "pump.md").write_text("# Cooling\n\nThe pump of the cooling loop is blue. It moves 18 litres a minute.\n")
    return folder


@pytest.fixture(params=[(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def stage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A test that takes it runs at each of these sizes, columns and rows."""
    return Stage(tmp_path, request.param, monkeypatch)
