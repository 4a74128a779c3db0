"""What is installed, and how a llama.cpp that leaves the GPU idle is mended."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from docmind.agents.doctor import packages
from docmind.agents.doctor.packages import devices, judged, mend, versions
from docmind.agents.hardware.gpu import Gpu, Reading

NONE = Reading([])
INDEX = "pip install --force-reinstall xllamacpp --index-url https://xorbitsai.github.io/xllamacpp/whl/"


def cards(cuda: str = "12.8", capability: tuple[int, int] | None = (8, 6)) -> Reading:
    return Reading([Gpu(index=0, name="Card", capability=capability)], cuda=cuda)


@pytest.mark.parametrize(
    ("found", "reading", "level", "word"),
    [
        (None, NONE, "problem", "does not start"),
        ([], cards(), "problem", "for the CPU alone"),
        ([], NONE, "ok", "on the CPU"),
        (["CUDA0"], cards(), "ok", "on CUDA0"),
    ],
)
def test_llama_cpp_is_told_with_what_it_computes_on(
    found: list[str] | None, reading: Reading, level: str, word: str
) -> None:
    told = judged("xllamacpp", "1.2", found, reading)
    assert told.level == level
    assert word in told.why
    assert bool(told.do) == (level != "ok")


@pytest.mark.parametrize(
    ("reading", "build"),
    [
        (cards("13.2"), "cu132"),
        (cards("13.2", (7, 0)), "cu128"),  # CUDA 13 left it behind
        (cards("13.0"), "cu128"),
        (cards("12.8"), "cu128"),
        (cards("12.4"), "vulkan"),  # a driver that is too old for the builds that there are
        (cards("", None), "vulkan"),  # of another vendor
    ],
)
def test_the_command_names_the_build_for_the_driver(reading: Reading, build: str) -> None:
    assert mend("xllamacpp", reading) == INDEX + build


def test_the_other_binding_is_compiled_anew() -> None:
    assert mend("llama-cpp-python", cards()).startswith('CMAKE_ARGS="-DGGML_CUDA=on" pip install --force-reinstall')
    assert "-DGGML_VULKAN=on" in mend("llama-cpp-python", cards(""))


def test_without_llama_cpp_the_command_installs_it_and_an_old_binding_is_told() -> None:
    nothing = dict.fromkeys(versions())
    listed, told = packages.packages(nothing, NONE)
    assert (listed.why, told.level, told.do) == ("none of the engines' packages", "note", "pip install 'docmind[gguf]'")
    assert packages.packages(nothing | {"pynvml": "11.5"}, NONE)[-1].do.startswith("pip uninstall pynvml")


def test_the_installed_packages_are_told_with_their_versions() -> None:
    installed = versions()
    assert installed["xllamacpp"]
    assert f"nvidia-ml-py {installed['nvidia-ml-py']}" in packages.packages(installed, NONE)[0].why
    assert isinstance(devices("xllamacpp"), list)


@pytest.mark.parametrize(("offload", "found"), [(True, ["the GPU"]), (False, [])])
def test_the_other_binding_is_asked_whether_it_uses_the_gpu(
    offload: bool, found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "llama_cpp.py").write_text(f"def llama_supports_gpu_offload(): return {offload}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert devices("llama-cpp-python") == found


def test_a_llama_cpp_that_crashes_tells_no_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "sys", SimpleNamespace(executable="/bin/false"))
    assert devices("xllamacpp") is None
    monkeypatch.setattr(packages, "sys", sys)
    monkeypatch.setitem(packages._ASK, "xllamacpp", "print('no JSON')")
    assert devices("xllamacpp") is None
