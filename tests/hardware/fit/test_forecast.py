"""Does it fit? The cases that every forecast has to get right, among them the tables of the published sizes."""

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.hardware.fit.forecast import Need, Wish, forecast
from docmind.agents.hardware.fit.shape import Layer, Shape
from fakes.known_models import GB, LLAMA_3B_Q8, LLAMA_8B_Q4, LLAMA_70B_Q4, NEMO_12B_Q4, QWEN_14B_Q4, machine


def plain(gb: float, layers: int = 40) -> Shape:
    """A model that is nothing but weights."""
    return Shape(name="plain", layers=(Layer(weights=int(gb * GB / layers)),) * layers, embedding=0, output=0, heads=32)


@pytest.mark.parametrize("ram", [16, 64, 1024])
def test_70b_with_32k_context_on_16_gb_is_a_no(ram: float) -> None:
    found = forecast(LLAMA_70B_Q4, machine(16, ram=ram), Wish(context=32768))
    assert found.verdict == "no"
    assert found.need.weights == pytest.approx(42.5 * GB, rel=0.01)
    assert found.need.kv == 32768 * 80 * 2 * 8 * 128 * 2
    assert found.gpu_layers < 40
    assert (found.layers, found.free) == (80, 16 * GB)


@pytest.mark.parametrize(
    ("shape", "low", "high"),
    [(LLAMA_8B_Q4, 5, 6), (NEMO_12B_Q4, 7, 8), (LLAMA_3B_Q8, 3, 4), (QWEN_14B_Q4, 8, 10)],
    ids=["8B Q4_K_M", "12B Q4_K_M", "3B Q8_0", "14B Q4_K_M"],
)
def test_what_is_needed_is_within_a_tenth_of_the_published_sizes(shape: Shape, low: float, high: float) -> None:
    needed = forecast(shape, machine(24), Wish(context=2048)).need.total
    assert 0.9 * low * GB <= needed <= 1.1 * high * GB


@pytest.mark.parametrize(
    ("gb", "gpus", "verdict"),
    [
        (15.3, [24], "fits"),
        (15.3, [12, 12], "fits"),
        (20.3, [24], "partly"),  # 85 %: over the target
        (20.3, [12, 12], "partly"),
        (15.3, [12], "partly"),
        (20.3, [12], "no"),
        (20.3, [12, 24], "fits"),
    ],
)
def test_15_to_20_gb_on_24_gb_and_on_twice_12_gb(gb: float, gpus: list[float], verdict: str) -> None:
    assert forecast(plain(gb), machine(*gpus), Wish()).verdict == verdict


def test_at_most_80_per_cent_of_a_card_are_in_use_afterwards() -> None:
    at_the_limit, over = machine(20, used=5.9), machine(20, used=6.1)
    assert forecast(plain(10), at_the_limit, Wish()).verdict == "fits"
    assert forecast(plain(10), over, Wish()).verdict == "partly"


def test_the_layers_on_the_gpu_are_those_that_find_room() -> None:
    found = forecast(plain(16, layers=32), machine(15), Wish())
    assert (found.verdict, found.gpu_layers, found.layers) == ("partly", 24, 32)  # 12 GB of room, 0.5 GB each


def test_partly_needs_room_in_ram_for_the_rest() -> None:
    assert forecast(plain(16), machine(15, ram=4), Wish()).verdict == "no"


def test_each_gpu_holds_whole_layers() -> None:
    found = forecast(plain(16, layers=4), machine(9, 11), Wish())  # room for 7.2 and for 8.8 GB, each layer has 4
    assert (found.verdict, found.gpu_layers) == ("partly", 3)


@pytest.mark.parametrize(("ram", "verdict"), [(16, "fits"), (6, "no")])
def test_without_a_gpu_the_ram_decides(ram: float, verdict: str) -> None:
    found = forecast(LLAMA_8B_Q4, machine(ram=ram), Wish())
    assert (found.verdict, found.gpu_layers, found.free) == (verdict, 0, ram * GB)


@pytest.mark.parametrize(("kv", "share"), [("f16", 1), ("q8_0", 17 / 32), ("q4_0", 9 / 32)])
def test_a_quantised_cache_takes_about_a_half_or_a_quarter(kv: str, share: float) -> None:
    whole = forecast(LLAMA_8B_Q4, machine(24), Wish()).need.kv
    assert forecast(LLAMA_8B_Q4, machine(24), Wish(kv=kv)).need.kv == whole * share


def test_tensor_parallel_4_on_one_gpu_is_refused() -> None:
    with pytest.raises(DocmindError, match=r"needs 4 GPUs; this machine has 1 GPU\.") as caught:
        forecast(LLAMA_8B_Q4, machine(16), Wish(tensor_parallel=4))
    assert caught.value.code == Code.USAGE


def test_what_has_to_be_on_gpus_is_refused_where_there_is_none() -> None:
    with pytest.raises(DocmindError, match="this machine has none"):
        forecast(LLAMA_8B_Q4, machine(), Wish(all_on_gpus=True))


def test_heads_that_cannot_be_divided_are_refused() -> None:
    with pytest.raises(DocmindError, match="32 attention heads cannot be divided among 3"):
        forecast(LLAMA_8B_Q4, machine(16, 16, 16), Wish(tensor_parallel=3))


def test_tensor_parallel_needs_an_equal_share_on_every_gpu() -> None:
    wish = Wish(tensor_parallel=2)
    assert forecast(plain(20), machine(16, 16), wish).verdict == "fits"
    assert forecast(plain(20), machine(24, 8), wish).verdict == "no"


def test_a_cache_type_that_is_none_is_refused() -> None:
    with pytest.raises(DocmindError, match="f16, q8_0, q4_0"):
        forecast(plain(1), machine(8), Wish(kv="q2_k"))


def test_what_is_needed_is_the_sum() -> None:
    assert Need(weights=1, kv=2, compute=3).total == 6
