from pathlib import Path

import pytest

from docmind.agents.chats.schema import chats_file
from fakes.kept_chats import keep


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The chats of the data folder that the commands use: c1 and c2, of three answers each."""
    monkeypatch.setenv("DOCMIND_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TZ", "UTC")
    for chat in ("c1", "c2"):
        keep(chats_file(tmp_path / "data"), chat)
    return chats_file(tmp_path / "data")
