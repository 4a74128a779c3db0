"""Several models at the same time: the sums of the published tables, model by model."""

import json
from pathlib import Path

import pytest

from docmind.agents.hardware.fit.forecast import Wish, with_loaded
from docmind.agents.hardware.fit.shape import Layer, Shape
from docmind.agents.hardware.fit.together import together, worst
from docmind.tui.cli import main
from fakes.known_models import GB, LLAMA_8B_Q4, machine
from fakes.models import SHAPES, write_model
from fakes.nvml import CARD, FakeDriver


def plain(gb: float, layers: int = 40) -> tuple[Shape, Wish]:
    """A model that is nothing but weights."""
    layer = Layer(weights=int(gb * GB / layers))
    return Shape(name="plain", layers=(layer,) * layers, embedding=0, output=0), Wish()


@pytest.mark.parametrize(
    ("sizes", "gpus", "verdicts"),
    [
        ([3.2, 5.6, 4.5, 2.0], [24], ["fits"] * 4),
        ([3.2, 5.6, 4.5, 5.0, 2.0], [24], ["fits", "fits", "fits", "fits", "no"]),  # 85 % of the card
        ([3.2, 5.6, 4.5, 2.0], [12, 12], ["fits"] * 4),
        ([3.2, 5.6, 4.5, 2.0], [12], ["fits", "fits", "no", "no"]),
    ],
)
def test_the_tables_of_15_to_20_gb(sizes: list[float], gpus: list[float], verdicts: list[str]) -> None:
    assert [each.verdict for each in together([plain(size) for size in sizes], machine(*gpus))] == verdicts


def test_of_all_the_worst_verdict_counts() -> None:
    assert worst(together([plain(3), plain(3)], machine(12))) == "fits"
    assert worst(together([plain(8), plain(3)], machine(12))) == "partly"
    assert worst(together([plain(8), plain(30)], machine(12))) == "no"
    assert worst([]) == "fits"


def test_a_loaded_model_has_taken_what_was_forecast() -> None:
    wish = Wish(context=8192)
    before, after = machine(24), with_loaded(LLAMA_8B_Q4, machine(24), wish)
    compute, cache = LLAMA_8B_Q4.compute(8192), LLAMA_8B_Q4.cache(8192, "f16")
    taken = LLAMA_8B_Q4.weights - LLAMA_8B_Q4.embedding + cache + compute
    assert before.gpus[0].free - after.gpus[0].free == taken
    assert before.ram.free - after.ram.free == LLAMA_8B_Q4.embedding
    alone = with_loaded(LLAMA_8B_Q4, machine(), wish)
    assert machine().ram.free - alone.ram.free == LLAMA_8B_Q4.weights + cache + compute


def test_the_command_tells_it_for_profiles(
    tmp_path: Path, driver: FakeDriver, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_model(tmp_path / "model.gguf", SHAPES["gqa"]())
    config = tmp_path / "config.toml"
    config.write_text("".join(f'[profiles.{name}]\nkind = "llamacpp"\npath = "{model}"\n' for name in "ab"))
    arguments = ["fit", "--config", str(config), "--profile", "a", "--profile", "b"]
    driver.says({**CARD, "memory": "0/10000000000"})
    assert main(arguments) == 0
    assert "a, b fit together" in capsys.readouterr().out
    driver.says({**CARD, "memory": "0/300000000"})
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] != "fits"
    assert [each["profile"] for each in told["profiles"]] == ["a", "b"]
    assert main([*arguments, "other.gguf"]) == 2
