"""The shape of a model by its header, against what llama.cpp takes for it; and the headers that say little."""

from pathlib import Path
from typing import Any

import pytest

from docmind.agents.errors import DocmindError
from docmind.agents.hardware.fit.facts import shape_by_size, shape_of
from docmind.agents.hardware.fit.gguf import read_header
from docmind.agents.hardware.fit.shape import Shape, cells
from fakes.llamacpp_log import reported
from fakes.models import SHAPES, write_model

MIB = 1 << 20


def shape(tmp_path: Path, name: str, **changes: Any) -> Shape:
    return shape_of(read_header(write_model(tmp_path / "model.gguf", SHAPES[name](), **changes)), name)


@pytest.mark.parametrize(("name", "kv"), list(zip(SHAPES, ["f16", "q8_0", "q4_0"] * 2, strict=True)))
def test_llama_cpp_takes_what_is_forecast(tmp_path: Path, name: str, kv: str) -> None:
    path = write_model(tmp_path / "model.gguf", SHAPES[name]())
    forecast, real = shape_of(read_header(path), name), reported(path, 4096, kv)
    assert forecast.weights / MIB == pytest.approx(real.weights, rel=0.1)
    assert forecast.cache(4096, kv) / MIB == pytest.approx(real.kv, rel=0.1)
    assert forecast.compute(4096) / MIB == pytest.approx(real.compute, rel=0.1)


def test_a_window_bounds_what_a_layer_keeps(tmp_path: Path) -> None:
    found = shape(tmp_path, "sliding")
    assert [layer.window for layer in found.layers] == [1024, 1024, 1024, 1024, 1024, None] * 2
    assert found.layers[0].cache(131_072, "f16") == found.layers[0].cache(4096, "f16")
    assert found.layers[5].cache(131_072, "f16") == 32 * found.layers[5].cache(4096, "f16")


def test_a_window_of_an_unknown_kind_is_not_counted_on(tmp_path: Path) -> None:
    found = shape(tmp_path, "gqa", **{"attention.sliding_window": 1024})
    assert {layer.window for layer in found.layers} == {None}


def test_a_pattern_in_the_header_goes_first(tmp_path: Path) -> None:
    found = shape(tmp_path, "sliding", **{"attention.sliding_window_pattern": [1, 0, 0, 0] * 3})
    assert [layer.window for layer in found.layers] == [1024, None, None, None] * 3


def test_with_mla_there_is_one_vector_a_token(tmp_path: Path) -> None:
    assert {(layer.k, layer.v) for layer in shape(tmp_path, "mla").layers} == {(256 + 64, 0)}


def test_layers_of_a_hybrid_keep_a_cache_or_a_state(tmp_path: Path) -> None:
    layers = shape(tmp_path, "hybrid").layers
    assert [n for n, layer in enumerate(layers) if layer.k] == [3, 7]
    assert [n for n, layer in enumerate(layers) if not layer.state] == [3, 7]
    assert layers[0].cache(131_072, "f16") == layers[0].cache(512, "f16") > 0


def test_a_tied_output_is_counted_once_in_the_file(tmp_path: Path) -> None:
    found = shape(tmp_path, "sliding")
    assert found.tied
    assert found.output > found.embedding
    assert found.weights == sum(layer.weights for layer in found.layers) + found.output


def test_a_context_is_rounded_up_as_llama_cpp_does_it() -> None:
    assert [cells(1), cells(256), cells(20_000), cells(20_000, 1024)] == [256, 256, 20_224, 1536]


def test_numbers_that_are_none_count_as_not_told() -> None:
    facts: dict[str, Any] = {"general.architecture": "x", "x.block_count": 2, "x.embedding_length": 64}
    facts |= {"x.attention.head_count": 2, "x.attention.head_count_kv": 10**30, "x.vocab_size": "no"}
    facts |= {"x.attention.key_length": float("nan"), "x.attention.value_length": -1}
    assert shape_by_size(facts, 1000, 500, "x").cache(8192, "f16") == 8192 * 2 * 64 * 2 * 2


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"general.architecture": "x"},
        {"general.architecture": "x", "x.block_count": 10**9, "x.embedding_length": 64},
        {"general.architecture": "x", "x.block_count": -1, "x.embedding_length": 64},
        {"general.architecture": "x", "x.block_count": "12", "x.embedding_length": 64},
        {"general.architecture": "x", "x.block_count": 12, "x.embedding_length": float("nan")},
        {"general.architecture": "x", "x.block_count": 2, "x.embedding_length": 64},
        {
            "general.architecture": "x",
            "x.block_count": 2,
            "x.embedding_length": 64,
            "x.attention.head_count": ["a", None],
        },
        {"general.architecture": "x\x1b[2J", "x.block_count": [], "x.embedding_length": None},
    ],
)
def test_a_header_that_says_nothing_of_use_is_an_error(facts: dict[str, Any]) -> None:
    with pytest.raises(DocmindError) as caught:
        shape_by_size(facts, 10**9, 10**9, "x")
    assert "\x1b" not in str(caught.value)
