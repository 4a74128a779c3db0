"""What docmind's settings become for llama.cpp."""

import pytest
import xllamacpp

from docmind.agents.backends.llamacpp_child import parameters


@pytest.mark.parametrize(("setting", "given"), [("auto", -1), (-1, -2), (0, 0), (17, 17)])
def test_layers_for_the_gpu_are_said_in_llama_cpps_own_numbers(setting: object, given: int) -> None:
    config = {"path": "m.gguf", "alias": "m", "key": "k", "context": 512, "kv_cache": "f16", "threads": None}
    assert parameters(xllamacpp, config | {"gpu_layers": setting}).n_gpu_layers == given
