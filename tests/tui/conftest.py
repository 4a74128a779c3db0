"""Where whole screens are looked at."""

from pathlib import Path

import pytest

from still import Stage


@pytest.fixture(params=[(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def stage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A test that takes it runs at each of these sizes, columns and rows."""
    return Stage(tmp_path, request.param, monkeypatch)
