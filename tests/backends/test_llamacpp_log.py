"""Where llama.cpp put a model: the lines are those of its sources, for cards that no test machine has."""

import pytest

from docmind.agents.backends.llamacpp_log import placed

CUDA = """\
load_tensors: offloading output layer to GPU
load_tensors: offloaded {layers}/33 layers to GPU
load_tensors:   CPU_Mapped model buffer size =   281.81 MiB
load_tensors:        CUDA0 model buffer size =  4403.49 MiB
llama_context:  CUDA_Host  output buffer size =     0.49 MiB
llama_kv_cache:      CUDA0 KV buffer size =  1024.00 MiB
sched_reserve:      CUDA0 compute buffer size =   258.50 MiB
sched_reserve:  CUDA_Host compute buffer size =    24.01 MiB
"""
MIB = 2**20


@pytest.mark.parametrize(("layers", "percent"), [(33, 100), (20, 61), (0, 0), (1, 3)])
def test_the_share_of_the_gpu_is_that_of_the_layers(layers: int, percent: int) -> None:
    model = placed(CUDA.format(layers=layers).splitlines(), "m")
    assert model.gpu_percent == percent
    assert model.vram == round((4403.49 + 1024 + 258.5) * MIB)
    assert model.size == pytest.approx(model.vram + (281.81 + 0.49 + 24.01) * MIB, abs=1)


def test_a_build_without_gpus_says_nothing_of_layers() -> None:
    model = placed(["load_tensors:   CPU_Mapped model buffer size =  4685.30 MiB"], "m")
    assert (model.place, model.vram, model.size) == ("cpu", 0, round(4685.3 * MIB))


def test_a_log_that_tells_nothing_leaves_it_open() -> None:
    model = placed(["srv  load_model: loading model"], "m")
    assert (model.size, model.vram, model.place) == (None, None, None)
