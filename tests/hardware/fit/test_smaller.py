"""The ladder of a GGUF file that does not fit: which rungs there are, and which of them cannot help."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from docmind.agents.hardware.fit.memory import Memory
from docmind.agents.hardware.fit.shape import Shape
from docmind.agents.hardware.fit.smaller import fewer, halved, rungs, smaller
from docmind.agents.reduced import difference
from docmind.agents.settings import Profile
from fakes.gguf import write_gguf
from fakes.known_models import LLAMA_8B_Q4, machine

OWN = Profile(kind="llamacpp", path="model.gguf", context=8192)


def down(memory: Memory, least: int = 2000, shape: Shape | None = LLAMA_8B_Q4, **own: Any) -> list[dict[str, Any]]:
    """What each rung changes in the one before it."""
    before = msgspec.structs.replace(OWN, **own)
    found = list(rungs(before, shape, memory, least, bool(memory.gpus)))
    return [difference(one, other) for one, other in zip([before, *found], found, strict=False)]


def test_the_cheapest_comes_first_and_the_cpu_last() -> None:
    assert down(machine(24), gpu_layers=-1) == [
        {"kv_cache": "q8_0"},
        {"kv_cache": "q4_0"},
        {"context": 4096},
        {"context": 2048},
        {"gpu_layers": 16 + 1},
        {"gpu_layers": 0},
    ]


def test_without_a_gpu_there_are_no_layers_to_give_back() -> None:
    assert down(machine()) == [{"kv_cache": "q8_0"}, {"kv_cache": "q4_0"}, {"context": 4096}, {"context": 2048}]


def test_what_is_small_already_is_left_out() -> None:
    assert down(machine(), kv_cache="q4_0", context=3000) == []
    assert down(machine(24), kv_cache="q8_0", context=3000, gpu_layers=0) == [{"kv_cache": "q4_0"}]


def test_the_window_keeps_what_the_question_needs() -> None:
    assert down(machine(), least=4096, kv_cache="q4_0") == [{"context": 4096}]
    assert down(machine(), least=4097, kv_cache="q4_0") == []
    assert halved(8192, 4096) == 4096


def test_a_window_beyond_the_training_is_halved_from_there() -> None:
    shape = msgspec.structs.replace(LLAMA_8B_Q4, trained_context=8192)
    assert down(machine(), shape=shape, kv_cache="q4_0", context=131_072)[0] == {"context": 4096}


def test_rungs_that_the_free_memory_cannot_hold_are_skipped() -> None:
    """The 4.9 GB of weights fill the card: only fewer layers help."""
    assert down(machine(4.5), gpu_layers=-1)[0].keys() == {"kv_cache", "context", "gpu_layers"}
    assert down(machine(4.5), gpu_layers=-1)[0]["gpu_layers"] < 33
    assert [rung["gpu_layers"] for rung in down(machine(2.0), gpu_layers=-1)] == [0]


def test_what_does_not_fit_into_the_ram_either_has_no_rung() -> None:
    assert down(machine(ram=4)) == []
    assert down(machine(2, ram=2), gpu_layers=-1) == []


def test_where_llama_cpp_places_the_layers_all_memory_counts() -> None:
    assert down(machine(3, ram=4))[0] == {"kv_cache": "q8_0"}


def test_a_model_without_a_cache_or_with_odd_heads_keeps_its_type() -> None:
    shape = msgspec.structs.replace(LLAMA_8B_Q4, quantises_kv=False)
    assert down(machine(), shape=shape) == [{"context": 4096}, {"context": 2048}]


def test_a_header_that_tells_nothing_leaves_the_rungs_that_need_no_numbers() -> None:
    assert down(machine(24), shape=None, least=4096)[-1] == {"gpu_layers": 0}
    assert [*down(machine(24), shape=None, least=4096)][:-1] == [
        {"kv_cache": "q8_0"},
        {"kv_cache": "q4_0"},
        {"context": 4096},
    ]


@pytest.mark.parametrize(
    ("now", "every", "room", "layers"),
    [(33, 33, None, 17), (33, 33, 20, 20), (33, 33, 16, 0), (17, 33, None, 0), (20, 33, 20, 0), (1, 2, None, 0)],
)
def test_less_than_half_of_the_layers_is_the_cpu(now: int, every: int, room: int | None, layers: int) -> None:
    assert fewer(now, every, room) == layers


def test_a_real_file_is_read(tmp_path: Path) -> None:
    tiny = Profile(kind="llamacpp", path=str(write_gguf(tmp_path / "tiny.gguf", ["Yes."], context=2048)))
    first = smaller(tiny, 500, memory=machine())
    assert first == msgspec.structs.replace(tiny, kv_cache="q8_0")
    last = msgspec.structs.replace(tiny, kv_cache="q4_0", context=600)
    assert smaller(last, 500, memory=machine()) is None
    assert smaller(last, 500, on_gpu=True, memory=machine()) == msgspec.structs.replace(last, gpu_layers=2)
