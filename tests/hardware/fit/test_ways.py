"""What to change when a model does not fit."""

import pytest
from msgspec.structs import replace

from docmind.agents.hardware.fit.forecast import Wish
from docmind.agents.hardware.fit.memory import Memory
from docmind.agents.hardware.fit.shape import Shape
from docmind.agents.hardware.fit.ways import ways
from fakes.known_models import LLAMA_8B_Q4, LLAMA_70B_Q4, QWEN_14B_Q4, machine


def told(shape: Shape, memory: Memory, wish: Wish) -> list[tuple[str, str]]:
    return [(way.change, way.verdict) for way in ways(shape, memory, wish)]


def test_what_fits_needs_no_change() -> None:
    assert ways(LLAMA_8B_Q4, machine(16), Wish()) == []


def test_the_gentlest_change_of_each_kind_that_helps_comes_first() -> None:
    assert told(LLAMA_8B_Q4, machine(24), Wish(context=131_072)) == [
        ("kv_cache = q8_0", "fits"),
        ("context = 65536", "fits"),
        ("context = 65536, kv_cache = q8_0", "fits"),
    ]


def test_who_holds_the_memory_is_a_way_too() -> None:
    assert ("end the other programs on the GPU", "fits") in told(QWEN_14B_Q4, machine(16, used=6), Wish())


@pytest.mark.parametrize("memory", [machine(16), machine(16, ram=256), machine(ram=32)])
def test_for_70b_on_16_gb_there_are_three_ways_and_all_of_them_fit(memory: Memory) -> None:
    found = told(LLAMA_70B_Q4, memory, Wish(context=32768))
    assert [verdict for _, verdict in found] == ["fits"] * 3


def test_a_model_of_unknown_parameters_gets_three_ways_that_fit_too() -> None:
    found = told(replace(LLAMA_70B_Q4, parameters=0), machine(16), Wish(context=32768))
    assert [verdict for _, verdict in found] == ["fits"] * 3
    assert any(change.startswith("a model of ") for change, _ in found)


def test_whatever_does_not_fit_gets_three_ways_the_best_first() -> None:
    rank = ["fits", "partly", "no"]
    for shape in (LLAMA_8B_Q4, QWEN_14B_Q4, LLAMA_70B_Q4):
        for memory in (machine(6), machine(8, 8), machine(12, used=11), machine(ram=4)):
            for wish in (Wish(), Wish(context=131_072), Wish(context=1024, kv="q4_0")):
                found = [rank.index(verdict) for _, verdict in told(shape, memory, wish)]
                assert len(found) in (0, 3)
                assert found == sorted(found)
