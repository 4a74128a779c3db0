"""What the kinds give up when memory runs out; the ladder of a GGUF file is tested in hardware/fit."""

from pathlib import Path
from typing import Any

import pytest

from docmind.agents.backends.base import open_backend
from docmind.agents.backends.hosted_checks import LLAMA_CPP, VLLM
from docmind.agents.backends.hosted_smaller import smaller_class
from docmind.agents.backends.ollama import Ollama
from docmind.agents.errors import Code, DocmindError
from docmind.agents.hardware.fit import smaller as ladder
from docmind.agents.hardware.fit.memory import Memory
from docmind.agents.reduced import difference as change
from docmind.agents.reduced import told
from docmind.agents.settings import Profile
from fakes import FakeServer
from fakes.gguf import write_gguf
from fakes.known_models import machine

LEAST = 4096
CUDA = DocmindError(Code.OUT_OF_MEMORY, "cudaMalloc failed: out of memory")
RAM = DocmindError(Code.OUT_OF_MEMORY, "model requires more system memory (5 GiB) than is available (2 GiB)")


def use(monkeypatch: pytest.MonkeyPatch, memory: Memory) -> None:
    monkeypatch.setattr(ladder, "read_memory", lambda: memory)
    monkeypatch.setattr("docmind.agents.backends.ollama.read_memory", lambda: memory)


async def rungs(profile: Profile, error: DocmindError = CUDA) -> list[str]:
    """What each step changes, to the last."""
    steps: list[str] = []
    while True:
        backend = open_backend("model", profile)
        smaller = await backend.smaller(LEAST, error)
        await backend.aclose()
        if smaller is None:
            return steps
        steps.append(told(change(profile, smaller)))
        profile = smaller


@pytest.mark.parametrize(
    ("memory", "error", "options", "steps"),
    [
        (machine(24), CUDA, {}, ["context = 4096", "options.num_gpu = 17", "options.num_gpu = 0"]),
        (machine(24), CUDA, {"num_gpu": -1}, ["context = 4096", "options.num_gpu = 17", "options.num_gpu = 0"]),
        (machine(24), CUDA, {"num_gpu": 99}, ["context = 4096", "options.num_gpu = 17", "options.num_gpu = 0"]),
        (machine(24), CUDA, {"num_gpu": 8}, ["context = 4096", "options.num_gpu = 0"]),
        (machine(24), CUDA, {"num_gpu": 0}, ["context = 4096"]),
        (machine(24), RAM, {}, ["context = 4096"]),
        (machine(), CUDA, {}, ["context = 4096"]),
    ],
)
async def test_ollama_gives_up_window_and_layers_but_no_layers_where_there_is_no_gpu_or_the_ram_is_full(
    monkeypatch: pytest.MonkeyPatch, memory: Memory, error: DocmindError, options: dict[str, Any], steps: list[str]
) -> None:
    use(monkeypatch, memory)
    async with FakeServer() as server:
        profile = Profile(kind="ollama", url=server.ollama_url, model=server.model, options=options)
        assert await rungs(profile, error) == steps


async def test_an_ollama_elsewhere_may_have_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, machine())
    monkeypatch.setattr("docmind.agents.backends.ollama.is_loopback", lambda host: False)
    async with FakeServer() as server:
        profile = Profile(kind="ollama", url=server.ollama_url, model=server.model, context=LEAST)
        assert await rungs(profile) == ["options.num_gpu = 17", "options.num_gpu = 0"]


async def test_an_ollama_that_does_not_tell_its_layers_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, machine(24))
    backend = Ollama("model", Profile(kind="ollama", context=LEAST, model="m"))

    async def show() -> tuple[str, dict[str, Any]]:
        return "m", {}

    monkeypatch.setattr(backend, "show", show)
    assert await backend.smaller(LEAST, CUDA) is None


async def test_an_ollama_that_is_gone_is_said_to_be() -> None:
    async with FakeServer() as server:
        profile = Profile(kind="ollama", url=server.ollama_url, model=server.model, context=LEAST)
    with pytest.raises(DocmindError):
        await rungs(profile)


@pytest.mark.parametrize("kind", ["openai", "quotes"])
async def test_a_server_whose_settings_are_not_ours_has_no_rungs(kind: Any) -> None:
    assert await rungs(Profile(kind=kind, url="http://127.0.0.1:9/v1")) == []


async def test_a_gguf_on_a_card_that_docmind_cannot_read_goes_to_the_cpu_at_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use(monkeypatch, machine())
    path = write_gguf(tmp_path / "tiny.gguf", ["Yes."])
    profile = Profile(kind="llamacpp", path=str(path), kv_cache="q4_0", context=LEAST)
    assert await rungs(profile, RAM) == []
    assert await rungs(profile, CUDA) == ["gpu_layers = 2", "gpu_layers = 0"]


async def test_llama_cpp_as_a_class_goes_down_the_same_ladder_under_its_own_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use(monkeypatch, machine(24))
    path = write_gguf(tmp_path / "tiny.gguf", ["Yes."], context=8192)
    options = {"model_path": str(path), "context_window": 8192, "model_kwargs": {"n_gpu_layers": -1}}
    kv = "options.model_kwargs.type_k = {0}, options.model_kwargs.type_v = {0}"
    assert await rungs(Profile(kind="hosted", class_=LLAMA_CPP, options=options)) == [
        kv.format(8) + ", options.model_kwargs.flash_attn = True",
        kv.format(2),
        "context = 4096, options.context_window = 4096",
        "options.model_kwargs.n_gpu_layers = 2",
        "options.model_kwargs.n_gpu_layers = 0",
    ]


@pytest.mark.parametrize(("window", "context", "smaller"), [(0, None, 4096), (16384, None, 8192), (0, 6000, None)])
def test_any_other_class_gives_up_half_of_its_window(window: int, context: int | None, smaller: int | None) -> None:
    profile = Profile(kind="hosted", class_=VLLM, context=context)
    found = smaller_class(profile, window, LEAST, on_gpu=True)
    assert (found.context if found else None) == smaller
