"""A model that does not fit into memory is told from a crash."""

import signal
from pathlib import Path

import pytest

from docmind.agents.backends import child as children
from docmind.agents.backends.child import Child
from docmind.agents.backends.hosted_failures import ended
from docmind.agents.backends.llamacpp import LlamaCpp
from docmind.agents.errors import Code
from docmind.agents.settings import Profile

LOG = (
    "0.01.234.567 I load_tensors: offloading 29 repeating layers to GPU",
    "0.01.300.000 E alloc_buffer: allocating 9000.00 MiB: cudaMalloc failed: out of memory",
    "0.01.400.000 E llama_model_load: error loading model: unable to allocate CUDA0 buffer",
)


@pytest.mark.parametrize("end", ["sys.exit(1)", "os.abort()"])
async def test_a_child_that_lacks_memory_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    (tmp_path / "too_large.py").write_text(
        f"import os, sys\nsys.stderr.write({chr(10).join(LOG)!r})\nsys.stderr.flush()\n{end}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    child = await Child.start("too_large", {})
    assert not await child.ready()
    failure = LlamaCpp("big", Profile(kind="llamacpp", path="big.gguf"))._failure(child)
    await child.end()

    assert failure.code == Code.OUT_OF_MEMORY
    assert "cudaMalloc failed: out of memory" in failure.message
    assert "gpu_layers" in failure.hint


@pytest.mark.parametrize(("kills", "code"), [(3, Code.OUT_OF_MEMORY), (2, Code.CRASHED)])
async def test_a_killed_child_lacked_memory_when_linux_has_counted_one_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int, code: Code
) -> None:
    (tmp_path / "victim.py").write_text("import sys\nprint('url', flush=True)\nsys.stdin.read()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(children, "VMSTAT", counter := tmp_path / "vmstat")
    counter.write_text("nr_free_pages 1\noom_kill 2\n")
    child = await Child.start("victim", {})
    assert await child.ready()
    counter.write_text(f"nr_free_pages 1\noom_kill {kills}\n")
    child.process.send_signal(signal.SIGKILL)
    await child.process.wait()
    profile = Profile(kind="llamacpp", path="big.gguf")
    failures = [LlamaCpp("big", profile)._failure(child), ended("big", profile, child, "")]
    await child.end()

    assert [failure.code for failure in failures] == [code, code]


def test_a_system_that_does_not_count_has_killed_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "VMSTAT", tmp_path / "vmstat")
    assert children.memory_kills() == 0
    (tmp_path / "vmstat").write_text("nr_free_pages 1\n")
    assert children.memory_kills() == 0
