"""The shape of a model from Ollama and from a folder as Hugging Face lays it out."""

import errno
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.hardware.fit.find import find as find_at
from docmind.agents.hardware.fit.ollama import shape as shape_told
from docmind.agents.hardware.fit.shape import Shape
from fakes import FakeServer

NOWHERE = "http://127.0.0.1:9"
QWEN = {
    "model_type": "qwen2",
    "hidden_size": 3584,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "intermediate_size": 18944,
    "max_position_embeddings": 32768,
    "vocab_size": 152064,
    "torch_dtype": "bfloat16",
    "sliding_window": 131072,
    "use_sliding_window": False,
}


def find(model: str, url: str) -> Shape:
    return find_at(model, lambda: url)


@pytest.fixture
def ollama() -> Iterator[FakeServer]:
    with FakeServer(model="llama3.1:latest", context=131072) as server:
        yield server


def folder(path: Path, config: dict[str, Any], size: int = 15_231_271_864) -> Path:
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config))
    index = {"metadata": {"total_size": size}, "weight_map": {}}
    (path / "model.safetensors.index.json").write_text(json.dumps(index))
    return path


@pytest.mark.parametrize("name", ["llama3.1", "llama3.1:latest"])
def test_ollama_tells_layers_heads_and_size_without_loading_the_model(ollama: FakeServer, name: str) -> None:
    shape = find(name, ollama.ollama_url)
    assert shape.weights == pytest.approx(4_661_224_676, abs=64)
    assert (len(shape.layers), shape.heads, shape.trained_context) == (32, 32, 131072)
    assert shape.cache(8192, "f16") == 8192 * 32 * 8 * 128 * 2 * 2
    assert {request.path for request in ollama.requests} == {"/api/show", "/api/tags"}


def test_a_folder_of_documents_with_the_name_of_a_model_is_not_taken_for_it(
    ollama: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ollama.model).mkdir()
    monkeypatch.chdir(tmp_path)
    assert find(ollama.model, ollama.ollama_url).layers
    with pytest.raises(DocmindError, match=r"config\.json cannot be read"):
        find(f"./{ollama.model}", ollama.ollama_url)


def test_a_model_that_ollama_does_not_have_is_said_to_be_missing(ollama: FakeServer) -> None:
    with pytest.raises(DocmindError) as caught:
        find("none\x1b[2J", ollama.ollama_url)
    assert caught.value.code == Code.MODEL_NOT_FOUND
    assert "\x1b" not in str(caught.value)


def test_no_file_and_no_ollama_is_said_in_one_sentence() -> None:
    with pytest.raises(DocmindError, match="no file here, and no Ollama answers at http://127") as caught:
        find("llama3.1", NOWHERE)
    assert caught.value.code == Code.UNAVAILABLE


def test_a_server_that_is_no_ollama_is_said_to_be_none(ollama: FakeServer) -> None:
    with pytest.raises(DocmindError) as caught:
        find("llama3.1", ollama.openai_url)
    assert caught.value.code in (Code.INVALID_RESPONSE, Code.MODEL_NOT_FOUND)


@pytest.mark.parametrize("name", ["./none.gguf", "none.gguf", "~/none", "/none"])
def test_what_looks_like_a_path_is_not_looked_for_at_a_server(name: str) -> None:
    with pytest.raises(DocmindError) as caught:
        find(name, NOWHERE)
    assert caught.value.code == Code.MODEL_FILE


def test_a_config_json_tells_heads_and_its_index_the_size(tmp_path: Path) -> None:
    shape = find(str(folder(tmp_path / "qwen", QWEN)), NOWHERE)
    assert shape.weights == pytest.approx(15_231_271_864, abs=64)
    assert shape.cache(8192, "f16") == 8192 * 28 * 4 * 128 * 2 * 2
    assert (shape.parameters, shape.trained_context) == (15_231_271_864 // 2, 32768)


def test_without_an_index_the_files_count(tmp_path: Path) -> None:
    path = folder(tmp_path / "qwen", QWEN)
    (path / "model.safetensors.index.json").unlink()
    for name in ("model-1.safetensors", "model-2.safetensors"):
        with (path / name).open("wb") as file:
            file.truncate(10**9)
    assert find(str(path), NOWHERE).weights == pytest.approx(2 * 10**9, abs=64)


def test_mla_windows_and_layers_without_attention_are_seen_in_a_config(tmp_path: Path) -> None:
    latent = QWEN | {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128}
    sliding = QWEN | {"sliding_window": 1024, "use_sliding_window": True}
    sliding["layer_types"] = ["full_attention", "sliding_attention", "linear_attention", "linear_attention"] * 7
    inner = {"text_config": QWEN, "vision_config": {"hidden_size": 9}}
    assert {(one.k, one.v) for one in find(str(folder(tmp_path / "a", latent)), NOWHERE).layers} == {(576, 0)}
    layers = find(str(folder(tmp_path / "b", sliding)), NOWHERE).layers[:4]
    assert [(layer.k, layer.window) for layer in layers] == [(512, None), (512, 1024), (0, None), (0, None)]
    assert len(find(str(folder(tmp_path / "c", inner)), NOWHERE).layers) == 28


@pytest.mark.parametrize(
    "config",
    ["", "[]", "{", "[" * 100_000, '{"hidden_size": "wide"}', '{"hidden_size": 8, "num_hidden_layers": 1e999}', "\xff"],
    ids=["empty", "array", "half", "deep", "text", "endless", "bytes"],
)
def test_a_config_that_says_nothing_of_use_is_an_error(tmp_path: Path, config: str) -> None:
    path = folder(tmp_path / "bad", {})
    (path / "config.json").write_text(config, encoding="latin-1")
    with pytest.raises(DocmindError) as caught:
        find(str(path), NOWHERE)
    assert caught.value.code == Code.MODEL_FILE


@pytest.mark.parametrize("changes", [{"num_attention_heads": None}, {"layer_types": [{"kind": 1}] * 28}])
def test_a_config_that_tells_of_no_cache_is_an_error_and_no_forecast_without_one(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = folder(tmp_path / "odd", QWEN | changes)
    with pytest.raises(DocmindError, match=r"config\.json does not say how many layers and heads the model has"):
        find(str(path), NOWHERE)


def test_a_name_that_no_file_can_have_and_a_folder_that_is_closed_are_said_to_be_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(DocmindError, match=r"Cannot read a+…?: File name too long") as caught:
        find("a" * 5000, NOWHERE)
    assert caught.value.code == Code.MODEL_FILE

    def closed(self: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_file", closed)  # root, who may run the tests, is refused nothing
    with pytest.raises(DocmindError, match=r"Cannot read /closed/m\.gguf: Permission denied"):
        find("/closed/m.gguf", NOWHERE)


def test_a_folder_without_weights_is_an_error(tmp_path: Path) -> None:
    path = folder(tmp_path / "empty", QWEN)
    (path / "model.safetensors.index.json").unlink()
    with pytest.raises(DocmindError, match="holds no weights"):
        find(str(path), NOWHERE)


@pytest.mark.parametrize("size", [True, -1, 10**40, "4920000000", None])
def test_a_size_that_no_model_has_is_not_believed(size: Any) -> None:
    facts = {"general.architecture": "llama", "llama.block_count": 2, "llama.embedding_length": 64}
    with pytest.raises(DocmindError, match="does not tell the size and the layers of m") as caught:
        shape_told("m", {"model_info": facts}, {"models": [{"name": "m", "size": size}]})
    assert caught.value.code == Code.INVALID_RESPONSE
