"""A model that does not fit into memory is told from a crash."""

from pathlib import Path

import pytest

from docmind.agents.backends.child import Child
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
