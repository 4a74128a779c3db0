"""Does the model of a hosted class fit, by what the arguments of the class say?"""

import json
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.backends.hosted_checks import LLAMA_CPP, VLLM, HostedClass, asked_by
from docmind.agents.hardware.fit.forecast import Wish
from docmind.agents.hardware.fit.hosted import verdict
from docmind.agents.hardware.fit.ways import ways
from docmind.agents.settings import Profile
from docmind.tui.cli import main
from fakes.known_models import LLAMA_70B_Q4, machine
from fakes.models import SHAPES, write_model
from fakes.nvml import CARD, FakeDriver

LLAMA_8B = {
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "max_position_embeddings": 131_072,
    "vocab_size": 128_256,
    "torch_dtype": "bfloat16",
}


def weights(folder: Path) -> Path:
    """16 GB of them, which take no space."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(LLAMA_8B))
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(16_060_000_000)
    return folder


def vllm(model: Path | str, context: int | None = 8192, **options: Any) -> Profile:
    return Profile(kind="hosted", class_=VLLM, model=str(model), context=context, options=options)


def judged(profile: Profile, *gpus: float, ram: float = 64) -> str | None:
    asked = asked_by(profile)
    assert asked
    return verdict(asked, machine(*gpus, ram=ram))


@pytest.mark.parametrize(
    ("gpus", "cards", "found"),
    [
        ([24], 1, "fits"),
        ([16], 1, "no"),  # vLLM leaves nothing in RAM
        ([12, 12], 1, "no"),
        ([12, 12], 2, "fits"),
        ([16, 8], 2, "no"),
        ([8, 8, 8, 8], 4, "fits"),
        ([24], 4, "no"),
        ([], 1, "no"),
    ],
)
def test_vllm_needs_its_share_on_each_of_its_gpus(gpus: list[float], cards: int, found: str, tmp_path: Path) -> None:
    assert judged(vllm(weights(tmp_path / "model"), tensor_parallel_size=cards), *gpus) == found


def test_vllm_takes_the_window_of_the_model_where_no_other_is_named(tmp_path: Path) -> None:
    folder = weights(tmp_path / "model")
    assert judged(vllm(folder, None), 24) == "no"  # 131,072 tokens
    assert judged(vllm(folder, None, vllm_kwargs={"max_model_len": 8192}), 24) == "fits"


def test_a_name_is_looked_for_in_the_cache_of_hugging_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert judged(vllm("maker/model"), 24) is None
    kept = tmp_path / "hub" / "models--maker--model"
    weights(kept / "snapshots" / "abc")
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("abc")
    assert judged(vllm("maker/model"), 24) == "fits"


@pytest.mark.parametrize(
    ("kwargs", "found"),
    [
        ({}, "fits"),  # nothing on the GPU, all in RAM
        ({"n_gpu_layers": -1}, "partly"),
        ({"n_gpu_layers": -1, "type_k": 8, "type_v": 8}, "fits"),
        ("nonsense", "fits"),
    ],
)
def test_llama_cpp_uses_the_gpu_only_where_it_is_told_to(kwargs: Any, found: str, tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.gguf", SHAPES["gqa"]())
    options = {"model_path": str(path), "model_kwargs": kwargs}
    assert judged(Profile(kind="hosted", class_=LLAMA_CPP, context=32768, options=options), 0.5, ram=4) == found


@pytest.mark.parametrize("model", ["~nobody-of-this-name/model", "a" * 5000])
def test_a_name_that_no_folder_can_have_is_no_folder(model: str) -> None:
    assert judged(vllm(model), 24) is None


@pytest.mark.parametrize("options", [{}, {"model_path": 5}, {"model_path": "/none.gguf"}, {"model_path": "."}])
def test_files_that_do_not_tell_are_left_to_the_class(options: dict[str, Any]) -> None:
    assert judged(Profile(kind="hosted", class_=LLAMA_CPP, options=options), 24) is None


async def test_the_list_of_models_gets_the_verdict(tmp_path: Path, driver: FakeDriver) -> None:
    driver.says(*[{**CARD, "memory": "0/12000000000"}] * 2)
    profile = vllm(weights(tmp_path / "model"), tensor_parallel_size=2)
    assert await HostedClass("inside", profile).fit() == "fits"
    assert await HostedClass("other", Profile(kind="hosted", class_="some.where.Model")).fit() is None


def test_the_command_takes_model_gpus_and_context_of_the_profile(
    tmp_path: Path, driver: FakeDriver, capsys: pytest.CaptureFixture[str]
) -> None:
    driver.says(*[{**CARD, "memory": "0/12000000000"}] * 2)
    config = tmp_path / "config.toml"
    config.write_text(
        f'[profiles.inside]\nkind = "hosted"\nclass = "{VLLM}"\nmodel = "{weights(tmp_path / "model")}"\n'
        "context = 8192\n[profiles.inside.options]\ntensor_parallel_size = 2\n"
    )
    found: dict[str, dict[str, Any]] = {}
    for more in ([], ["--tensor-parallel", "1"]):
        assert main(["fit", "--profile", "inside", "--config", str(config), "--json", *more]) == 0
        found[" ".join(more)] = json.loads(capsys.readouterr().out)
    shared, alone = found.values()
    assert (shared["verdict"], shared["gpu_layers"], shared["need_bytes"]["kv"]) == ("fits", 32, 8192 * 32 * 8 * 512)
    assert (alone["verdict"], alone["gpu_layers"]) == ("no", 0)
    assert {"change": "tensor_parallel_size = 2", "verdict": "fits"} in alone["ways"]


def test_the_ways_of_vllm_are_those_that_vllm_knows() -> None:
    wish = Wish(context=131_072, tensor_parallel=2, all_on_gpus=True)
    for memory in (machine(16, 16), machine(24, 24, 24, 24), machine(8, 8)):
        found = ways(LLAMA_70B_Q4, memory, wish)
        assert len(found) == 3
        words = " ".join(way.change for way in found)
        assert not any(word in words for word in ("kv_cache", "gpu_layers", "Q4_K_M", "Q3_K_M")), words
