from pathlib import Path

import pytest

from docmind.agents.chats.schema import chats_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return chats_file(tmp_path / "data")
