"""`docmind fit`: what it prints for a user and for a script, with the driver of the tests."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.backends.llamacpp import LlamaCpp
from docmind.agents.backends.server import LARGEST_CONTEXT
from docmind.agents.hardware.fit.forecast import CONTEXT
from docmind.agents.hardware.fit.memory import read_memory
from docmind.agents.hardware.fit.profiles import gpu_layers
from docmind.agents.settings import Profile
from docmind.tui.cli import main
from fakes.gguf import write_gguf
from fakes.known_models import machine
from fakes.listening import listen
from fakes.models import SHAPES, write_model
from fakes.nvml import CARD, FakeDriver

KEYS = ["verdict", "need_bytes", "free_bytes", "gpu_layers", "layers", "ways"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model.gguf", SHAPES["gqa"]())


def card(free_mb: int, total_mb: int = 1000) -> dict[str, object]:
    return {**CARD, "memory": f"{(total_mb - free_mb) * 10**6}/{total_mb * 10**6}"}


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["fit", *arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_json_has_the_keys_that_scripts_rely_on(
    model: Path, driver: FakeDriver, capsys: pytest.CaptureFixture[str]
) -> None:
    driver.says(card(free_mb=1000))
    found = as_json(capsys, str(model), "--context", "2048", "--kv", "q8_0")
    assert list(found) == KEYS
    assert list(found["need_bytes"]) == ["weights", "kv", "compute"]
    assert (found["verdict"], found["free_bytes"], found["gpu_layers"], found["layers"]) == ("fits", 10**9, 8, 8)
    assert found["need_bytes"]["kv"] == 2048 * 8 * 4 * 64 * 2 * 34 // 32
    assert found["ways"] == []


def test_what_does_not_fit_is_said_with_three_ways(
    model: Path, driver: FakeDriver, capsys: pytest.CaptureFixture[str]
) -> None:
    driver.says(card(free_mb=600))
    found = as_json(capsys, str(model), "--context", "32768")
    assert found["verdict"] == "partly"
    assert 4 <= found["gpu_layers"] < 8
    assert [list(way) for way in found["ways"]] == [["change", "verdict"]] * 3
    assert found["ways"][0] == {"change": "kv_cache = q8_0", "verdict": "fits"}


def test_a_reader_sees_the_sum_and_the_memory(
    model: Path, driver: FakeDriver, capsys: pytest.CaptureFixture[str]
) -> None:
    driver.says(card(free_mb=600))
    assert main(["fit", str(model), "--context", "32768"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("model.gguf fits partly: ")
    assert lines[0].endswith(" of 8 layers on the GPU")
    assert any(line.split() == ["KV", "cache", "0.3", "GB", "32,768", "tokens,", "f16"] for line in lines)
    assert any("Fake Card 16: 0.6 GB of 1.0 GB free, 0.4 GB in use; for the model 0.4 GB" in line for line in lines)
    assert any(line.split() == ["8.0", "GB", "process", "4711"] for line in lines)
    assert any(line.split()[:1] == ["fits"] and "kv_cache = q8_0" in line for line in lines)


def test_a_profile_tells_model_context_and_cache(
    model: Path, driver: FakeDriver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[profiles.fast]\nkind = "llamacpp"\npath = "{model}"\ncontext = 4096\nkv_cache = "q4_0"\n')
    found = as_json(capsys, "--profile", "fast", "--config", str(config))
    assert found["need_bytes"]["kv"] == 4096 * 8 * 4 * 64 * 2 * 18 // 32
    assert main(["fit", "--profile", "none", "--config", str(config)]) == 2
    assert "Known profiles: fast" in capsys.readouterr().err


def test_a_profile_of_another_kind_tells_nothing_of_its_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[profiles.far]\nkind = "openai"\nurl = "http://gpu-box:8000/v1"\nmodel = "m"\n')
    assert main(["fit", "--profile", "far", "--config", str(config)]) == 2
    assert "is of kind openai" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Which model?"),
        (["x.gguf", "--context", "0"], "expected a whole number"),
        (["x.gguf", "--context", "9" * 5000], "expected a whole number"),
        (["x.gguf", "--kv", "q2"], "q8_0"),
    ],
)
def test_wrong_usage_is_exit_status_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", *arguments]) == 2
    assert said in capsys.readouterr().err


def folder_of(path: Path, config: bytes) -> Path:
    path.mkdir()
    (path / "config.json").write_bytes(config)
    (path / "model.safetensors").write_bytes(bytes(1000))
    return path


def test_files_that_are_no_models_are_told_with_what_to_do(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut, huge = tmp_path / "cut.gguf", tmp_path / "huge.gguf"
    cut.write_bytes(model.read_bytes()[:3000])
    huge.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 1 << 62))
    (tmp_path / "folder.gguf").mkdir()
    bad = [cut, huge, tmp_path / "folder.gguf", tmp_path / "none.gguf", folder_of(tmp_path / "text", b"no JSON")]
    bad += [folder_of(tmp_path / "odd", b'{"hidden_size": -1, "num_hidden_layers": [1e400]}'), Path("/dev/null")]
    for path in bad:
        assert main(["fit", str(path), "--json"]) == 1, path
        error = json.loads(capsys.readouterr().out)["error"]
        assert error["code"] == "ERR_5011"
        assert error["message"]
        assert error["hint"].startswith(("Name ", "Download "))


def test_tensor_parallel_4_on_one_gpu_is_refused(
    model: Path, driver: FakeDriver, capsys: pytest.CaptureFixture[str]
) -> None:
    driver.says(card(free_mb=1000))
    assert main(["fit", str(model), "--tensor-parallel", "4"]) == 2
    assert "this machine has 1 GPU" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("second", "whole", "said"),
    [
        ({"lost": 1}, {}, "! GPU 1 does not answer. The forecast counts only the memory that can be read."),
        ({"memory": "!3"}, {}, "! GPU 1 does not tell its memory. The forecast counts only"),
        ({}, {"init": "!9"}, "! The NVIDIA driver is not loaded. "),
    ],
)
def test_a_card_that_is_not_counted_is_told(
    model: Path,
    driver: FakeDriver,
    capsys: pytest.CaptureFixture[str],
    second: dict[str, object],
    whole: dict[str, object],
    said: str,
) -> None:
    driver.says(card(free_mb=1000), card(free_mb=1000) | second, **whole)
    assert main(["fit", str(model)]) == 0
    assert said in capsys.readouterr().out
    assert main(["fit", str(model), "--tensor-parallel", "2"]) == 2
    assert said.removeprefix("! ").split(".")[0] in capsys.readouterr().err


def test_a_card_that_is_divided_is_said_to_be(
    model: Path, driver: FakeDriver, capsys: pytest.CaptureFixture[str]
) -> None:
    driver.says({**card(free_mb=1000), "mig": 1})
    assert main(["fit", str(model)]) == 0
    assert "Fake Card 16 (divided by MIG: a model gets one of its parts): 1.0 GB of 1.0 GB" in capsys.readouterr().out


def test_the_memory_of_every_card_is_read(driver: FakeDriver) -> None:
    driver.says(card(free_mb=600), {**card(free_mb=1), "memory": "!3"}, card(free_mb=900))
    memory = read_memory()
    assert [(gpu.free, gpu.total) for gpu in memory.gpus] == [(600 * 10**6, 10**9), (900 * 10**6, 10**9)]
    assert 0 < memory.ram.free < memory.ram.total


def test_auto_says_a_number_only_where_a_part_has_to_stay_in_ram(model: Path) -> None:
    profile = Profile(kind="llamacpp", path=str(model), context=32768)
    assert gpu_layers(profile, machine(1)) == "auto"
    assert gpu_layers(profile, machine()) == "auto"
    part = gpu_layers(profile, machine(0.5))
    assert isinstance(part, int)
    assert 0 < part < 8
    assert gpu_layers(Profile(kind="llamacpp", path=str(model), gpu_layers=3), machine(0.5)) == 3
    assert gpu_layers(Profile(kind="llamacpp", path="none.gguf"), machine(0.5)) == "auto"


async def test_a_backend_tells_whether_its_file_fits_without_loading_it(model: Path, driver: FakeDriver) -> None:
    driver.says(card(free_mb=600))
    backend = LlamaCpp("fast", Profile(kind="llamacpp", path=str(model), context=32768))
    assert await backend.fit() == "partly"
    assert backend.child is None
    await backend.aclose()


async def test_a_model_that_fits_only_in_part_answers_all_the_same(tmp_path: Path, driver: FakeDriver) -> None:
    driver.says(card(free_mb=2, total_mb=2))
    path = write_gguf(tmp_path / "tiny.gguf", ["It is 42."])
    backend = LlamaCpp("tiny", Profile(kind="llamacpp", path=str(path), threads=1))
    assert gpu_layers(backend.profile) != "auto"
    assert (await listen(backend)).text == "It is 42."
    await backend.aclose()


def test_the_context_is_the_one_that_docmind_asks_for() -> None:
    assert CONTEXT == LARGEST_CONTEXT
