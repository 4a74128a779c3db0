"""What is known of a hosted profile before anything is started."""

from pathlib import Path

import pytest

from docmind.agents.backends.hosted import Hosted
from docmind.agents.backends.hosted_checks import LLAMA_CPP, VLLM, check_options
from docmind.agents.errors import Code, DocmindError
from docmind.agents.hardware.all_gpus import AllGpus
from docmind.agents.hardware.gpu import Gpu, Reading
from docmind.agents.settings import Profile
from fakes.gguf import write_gguf


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("llama_index.llms.some_maker.SomeLLM", "pip install llama-index-llms-some-maker"),
        ("llama_index.llms.llama_cpp.LlamaCPP", "pip install 'docmind[llama-cpp]'"),
        ("llama_index.llms.vllm.Vllm", "pip install 'docmind[vllm]' vllm"),
        ("nobody_wrote_this.Model", "nobody_wrote_this"),
    ],
)
async def test_a_missing_package_is_named_with_its_install_command(
    name: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docmind.agents.backends.hosted_checks.find_spec", lambda _: None)
    (tmp_path / "any.gguf").write_bytes(b"GGUF\x03\0\0\0")
    options = {"model_path": str(tmp_path / "any.gguf"), "model": "any"}
    health = await Hosted("own", Profile(kind="hosted", class_=name, options=options)).health()

    assert (health.state, health.code) == ("down", Code.PACKAGE_MISSING)
    assert command in health.hint


def refusal(class_: str, **options: object) -> DocmindError:
    with pytest.raises(DocmindError) as caught:
        check_options("own", Profile(kind="hosted", class_=class_, options=options))
    return caught.value


@pytest.mark.parametrize(
    "options", [{}, {"model_path": ""}, {"model_path": None}, {"model_path": "/m.gguf", "model_url": "http://a/m.gguf"}]
)
def test_llama_cpp_without_a_file_of_its_own_is_refused(options: dict[str, object]) -> None:
    error = refusal(LLAMA_CPP, **options)

    assert error.code == Code.MODEL_FILE
    assert "download" in error.message
    assert "options.model_path" in error.hint


@pytest.mark.parametrize("path", ["none.gguf", "./none.gguf", "/no/such/file.gguf", __file__])
def test_llama_cpp_with_a_path_that_leads_to_no_model_is_refused(path: str) -> None:
    assert refusal(LLAMA_CPP, model_path=path).code == Code.MODEL_FILE


def test_llama_cpp_with_a_file_in_the_home_folder_passes(no_own_configuration: Path) -> None:
    write_gguf(no_own_configuration / "own.gguf", ["Hello."])

    check_options("own", Profile(kind="hosted", class_=LLAMA_CPP, options={"model_path": "~/own.gguf"}))


def test_vllm_without_a_model_is_refused() -> None:
    assert "download" in refusal(VLLM).message


@pytest.mark.parametrize("cards", [0, -1, "2", 1.5, True])
def test_vllm_on_a_number_of_cards_that_is_none_is_refused(cards: object) -> None:
    assert "tensor_parallel_size" in refusal(VLLM, model="m", tensor_parallel_size=cards).message


@pytest.mark.parametrize(("cards", "present"), [(2, 1), (4, 2)])
def test_vllm_on_more_cards_than_there_are_is_refused(
    cards: int, present: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cards(monkeypatch, present)
    error = refusal(VLLM, model="m", tensor_parallel_size=cards)

    assert error.code == Code.CONFIG
    assert f"{present} GPU" in error.message


@pytest.mark.parametrize(("cards", "present"), [(2, 2), (1, 1), (2, 4), (2, 0)])  # without a GPU: vLLM on the CPU
def test_vllm_on_the_cards_that_are_there_passes(cards: int, present: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _cards(monkeypatch, present)

    check_options("own", Profile(kind="hosted", class_=VLLM, options={"model": "m", "tensor_parallel_size": cards}))


def _cards(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    cards = [Gpu(index=index, name="Card") for index in range(count)]
    monkeypatch.setattr(AllGpus, "read", lambda _: Reading(cards))
