"""What holds for every child process, whatever runs in it."""

import sys
from pathlib import Path

import pytest

from docmind.agents.backends.child import Child


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the score")
@pytest.mark.parametrize("module", ["llamacpp_child", "hosted_child"])
async def test_without_memory_the_system_ends_the_child_before_the_engine(module: str) -> None:
    child = await Child.start(f"docmind.agents.backends.{module}", {})
    score = _read(f"/proc/{child.process.pid}/oom_score_adj")
    await child.end()

    assert score == "1000\n"


def _read(path: str) -> str:
    return Path(path).read_text()
