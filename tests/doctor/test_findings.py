"""What docmind doctor finds, and what it recommends."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from docmind.agents.doctor import packages, places
from docmind.agents.doctor.hardware import hardware
from docmind.agents.doctor.packages import devices, llama_cpp, versions
from docmind.agents.doctor.recommendation import recommend
from docmind.agents.hardware.gpu import Gpu, Reading

INSTALLED: dict[str, str | None] = {"xllamacpp": "1.2"}


@pytest.mark.parametrize(
    ("capability", "words"),
    [
        ((6, 1), ["vLLM does not run on it", "no bfloat16", "no FP8", "llama.cpp or Ollama"]),
        ((7, 5), ["no bfloat16", "no FP8", "--dtype float16"]),
        ((8, 6), ["no FP8", "quantisation other than FP8"]),
    ],
)
def test_an_older_card_is_told_with_what_it_lacks(capability: tuple[int, int], words: list[str]) -> None:
    card, note = hardware(Reading([Gpu(index=0, name="Card", memory_total=16_000_000_000, capability=capability)]))
    assert (card.level, card.why) == ("ok", "Card, 16 GB")
    assert note.level == "note"
    assert all(word in note.why + note.do for word in words)
    assert ("vLLM does not" in note.why) == (capability < (7, 0))


@pytest.mark.parametrize("capability", [None, (8, 9), (12, 0)])
def test_a_card_that_lacks_nothing_is_told_once(capability: tuple[int, int] | None) -> None:
    assert [found.level for found in hardware(Reading([Gpu(index=0, name="Card", capability=capability)]))] == ["ok"]


def test_a_driver_that_fails_is_a_problem_and_a_machine_without_a_card_a_note() -> None:
    assert [found.level for found in hardware(Reading([], "It is not loaded."))] == ["problem"]
    assert [found.level for found in hardware(Reading([]))] == ["note"]


@pytest.mark.parametrize(
    ("version", "found", "has_gpu", "level", "word"),
    [
        (None, None, True, "note", "not installed"),
        ("1.2", None, False, "problem", "does not start"),
        ("1.2", [], True, "problem", "for the CPU alone"),
        ("1.2", [], False, "ok", "on the CPU"),
        ("1.2", ["CUDA0"], True, "ok", "on CUDA0"),
    ],
)
def test_llama_cpp_is_told_with_what_it_computes_on(
    version: str | None, found: list[str] | None, has_gpu: bool, level: str, word: str
) -> None:
    told = llama_cpp(INSTALLED | {"xllamacpp": version}, found, has_gpu)
    assert told.level == level
    assert word in told.why
    assert bool(told.do) == (level != "ok")


def test_the_installed_llama_cpp_names_its_devices() -> None:
    assert versions()["xllamacpp"]
    assert isinstance(devices(), list)


def test_a_llama_cpp_that_crashes_tells_no_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "sys", SimpleNamespace(executable="/bin/false"))
    assert devices() is None
    monkeypatch.setattr(packages, "sys", sys)
    monkeypatch.setattr(packages, "_ASK", "print('no JSON')")
    assert devices() is None


def test_a_data_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in its place")
    (problem,) = places.places(tmp_path / "file" / "data")
    assert problem.level == "problem"
    assert "cannot be written" in problem.why
    (fine,) = places.places(tmp_path / "not" / "there" / "yet")
    assert fine.level == "ok"


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
    ],
)
def test_the_recommendation_follows_the_memory(gpu: int, ram: int, servers: list[Any], kind: str, size: str) -> None:
    found = recommend(gpu * 10**9, ram * 10**9, servers)
    assert (found.kind, found.size) == (kind, size)
    assert found.reasons
