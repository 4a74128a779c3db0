"""What holds for every child process, whatever runs in it."""

import asyncio
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


LATE = """
import os, sys
sys.stdin.readline()
os.close(1)
sys.stderr.write("0.01 E ggml: insufficient memory\\n0.02 E init: exiting due to model loading error\\n")
sys.stderr.flush()
sys.stdin.read()
os._exit(1)
"""


async def test_what_is_logged_after_a_start_has_failed_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "late.py").write_text(LATE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    child = await Child.start("late", {})
    async with asyncio.timeout(20):
        assert not await child.ready()

    assert child.report() == "exit status 1: ggml: insufficient memory"


def _read(path: str) -> str:
    return Path(path).read_text()
