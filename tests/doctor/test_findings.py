"""What docmind doctor finds, and what it recommends."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from docmind.agents.doctor import places
from docmind.agents.doctor.findings import Finding
from docmind.agents.doctor.hardware import environment, hardware
from docmind.agents.doctor.recommendation import recommend
from docmind.agents.hardware.gpu import Gpu, Reading
from docmind.agents.hardware.machine import Machine

MACHINE = Machine(cpu=1.0, memory_used=6_000_000_000, memory_total=16_000_000_000)


def of_cards(reading: Reading) -> list[Finding]:
    """Without the one for the machine."""
    machine, *found = hardware(reading, MACHINE)
    assert machine.why.endswith("16 GB RAM, 10 GB of it free")
    return found


@pytest.mark.parametrize(
    ("capability", "words"),
    [
        ((6, 1), ["vLLM does not run on it", "no bfloat16", "no FP8", "llama.cpp or Ollama"]),
        ((7, 5), ["no bfloat16", "no FP8", "--dtype float16"]),
        ((8, 6), ["no FP8", "quantisation other than FP8"]),
    ],
)
def test_an_older_card_is_told_with_what_it_lacks(capability: tuple[int, int], words: list[str]) -> None:
    card, note = of_cards(Reading([Gpu(index=0, name="Card", memory_total=16_000_000_000, capability=capability)]))
    assert (card.level, card.why) == ("ok", "Card, 16 GB")
    assert note.level == "note"
    assert all(word in note.why + note.do for word in words)
    assert ("vLLM does not" in note.why) == (capability < (7, 0))


@pytest.mark.parametrize("capability", [None, (8, 9), (12, 0)])
def test_a_card_that_lacks_nothing_is_told_once(capability: tuple[int, int] | None) -> None:
    assert [found.level for found in of_cards(Reading([Gpu(index=0, name="Card", capability=capability)]))] == ["ok"]


def test_a_driver_that_fails_is_a_problem_and_a_machine_without_a_card_a_note() -> None:
    assert [found.level for found in of_cards(Reading([], "It is not loaded."))] == ["problem"]
    assert [found.level for found in of_cards(Reading([]))] == ["note"]


@pytest.mark.parametrize("capability", [(8, 9), (9, 0)])
def test_a_card_of_today_is_told_with_what_runs_on_it(capability: tuple[int, int]) -> None:
    (card,) = of_cards(Reading([Gpu(index=0, name="Card", capability=capability)]))
    assert card.why == "Card, compute capability {}.{}: vLLM, bfloat16, FP8".format(*capability)


def test_a_card_that_is_hot_full_or_slowed_down_is_told() -> None:
    card = Gpu(index=2, name="Card", temperature=91, memory_used=99, memory_total=100, throttle=("heat",))
    _, *told = of_cards(Reading([card]))
    assert [(found.level, found.what) for found in told] == [("note", "GPU 2")] * 3
    assert [found.why for found in told] == [
        "It is hot: 91 °C.",
        "Its memory is nearly full.",
        "It is slowed down by heat.",
    ]


def test_the_driver_is_told_with_its_versions() -> None:
    found = of_cards(Reading([Gpu(index=0, name="Card")], driver="570.86", cuda="12.8"))
    assert found[-1] == Finding(level="ok", what="GPU driver", why="570.86, for CUDA up to 12.8")


def test_variables_that_do_nothing_or_hide_cards_are_told() -> None:
    environ = {"OLLAMA_GPU_LAYERS": "35", "LLAMA_CUBLAS": "1", "CUDA_VISIBLE_DEVICES": "", "HOME": "/"}
    card = Reading([Gpu(index=0, name="Card")])
    told = [(found.level, found.why.split()[0]) for found in environment(environ, card)]
    assert told == [("note", "OLLAMA_GPU_LAYERS"), ("note", "LLAMA_CUBLAS"), ("note", "CUDA_VISIBLE_DEVICES=(empty):")]
    assert environment({"CUDA_VISIBLE_DEVICES": "0"}, Reading([])) == []


def test_a_data_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in its place")
    (problem,) = places.places(tmp_path / "file" / "data")
    assert problem.level == "problem"
    assert "cannot be written" in problem.why
    (fine,) = places.places(tmp_path / "not" / "there" / "yet")
    assert fine.level == "ok"


def test_a_data_folder_below_a_closed_one_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, real = tmp_path / "closed", os.stat
    closed.mkdir()

    def stat(path: Any, **more: Any) -> os.stat_result:
        if closed in Path(path).parents:  # root, who may run the tests, is refused nothing
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, **more)

    monkeypatch.setattr("os.stat", stat)
    monkeypatch.setattr("os.access", lambda folder, _mode: folder != closed)
    (problem,) = places.places(closed / "data")
    assert (problem.level, problem.why) == ("problem", f"{closed / 'data'} cannot be written.")


def test_a_full_disk_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=200_000_000))
    (problem,) = places.places(tmp_path)
    assert (problem.level, "0.2 GB" in problem.why) == ("problem", True)


@pytest.mark.parametrize(
    ("gpu", "ram", "servers", "kind", "size"),
    [
        (16, 64, [], "llamacpp", "14B Q4_K_M"),
        (24, 64, ["ollama"], "ollama", "14B Q4_K_M"),
        (48, 64, [], "llamacpp", "32B Q4_K_M"),
        (80, 64, [], "llamacpp", "70B Q4_K_M"),
        (0, 64, [], "llamacpp", "8B Q4_K_M"),
        (0, 6, [], "llamacpp", "3B Q8_0"),
        (0, 2, [], "quotes", ""),
        (2, 64, [], "llamacpp", "8B Q4_K_M"),  # the CPU does what so small a card cannot
        (2, 2, [], "quotes", ""),
    ],
)
def test_the_recommendation_follows_the_memory(gpu: int, ram: int, servers: list[Any], kind: str, size: str) -> None:
    found = recommend(gpu * 10**9, ram * 10**9, servers)
    assert (found.kind, found.size) == (kind, size)
    assert found.reasons


def test_the_recommendation_says_when_the_memory_is_in_use() -> None:
    assert "12 GB of it are in use now" in " ".join(recommend(16 * 10**9, 64 * 10**9, [], 12 * 10**9).reasons)
    assert "in use" not in " ".join(recommend(16 * 10**9, 64 * 10**9, [], 10**9).reasons)
