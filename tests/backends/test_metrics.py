"""What counters grew by, from two looks; the second one may be at another server."""

import pytest

from docmind.agents.backends.flavours import LLAMA_METRICS, VLLM_METRICS
from docmind.agents.backends.metrics import Counters, values
from docmind.agents.views import Traffic


def vllm(written: float, prompt: float = 0.0, asked: float = 0.0, hits: float = 0.0) -> dict[str, list[float]]:
    return {
        "vllm:generation_tokens_total": [written],
        "vllm:prompt_tokens_total": [prompt],
        "vllm:prefix_cache_queries_total": [asked],
        "vllm:prefix_cache_hits_total": [hits],
    }


def test_a_rate_is_what_a_counter_grew_by_in_the_time_between_two_looks() -> None:
    counters = Counters()
    first = counters.traffic(VLLM_METRICS, vllm(1000, 50_000), 10.0)
    second = counters.traffic(VLLM_METRICS, vllm(1200, 54_000), 15.0)
    third = counters.traffic(VLLM_METRICS, vllm(1200, 54_000), 20.0)
    assert (first.written_per_s, first.prompt_per_s) == (None, None)
    assert (second.written_per_s, second.prompt_per_s) == (40.0, 800.0)
    assert (third.written_per_s, third.prompt_per_s) == (None, None)


def test_a_counter_that_has_become_smaller_began_again_at_zero() -> None:
    counters = Counters()
    counters.traffic(VLLM_METRICS, vllm(1_000_000), 10.0)
    after = counters.traffic(VLLM_METRICS, vllm(100), 15.0)
    assert after.written_per_s == 20.0


def test_the_share_of_the_cache_is_that_of_the_newest_prompts() -> None:
    counters = Counters()
    shares = [
        counters.traffic(VLLM_METRICS, vllm(0, 0, asked, hits), at).prefix_percent
        for at, (asked, hits) in enumerate([(0, 0), (1000, 470), (1000, 470), (2000, 1440), (100, 0)])
    ]
    assert shares == [None, 47.0, 47.0, 97.0, 0.0]


def test_llama_cpp_counts_at_the_end_of_an_answer_so_its_own_seconds_count() -> None:
    counters, names = Counters(), ("llamacpp:tokens_predicted_total", "llamacpp:tokens_predicted_seconds_total")
    counters.traffic(LLAMA_METRICS, {name: [0.0] for name in names}, 10.0)
    after = counters.traffic(LLAMA_METRICS, {names[0]: [900.0], names[1]: [30.0]}, 15.0)
    assert after.written_per_s == 30.0


def test_several_engines_behind_one_server_are_added_up_and_the_fullest_cache_counts() -> None:
    text = 'vllm:num_requests_running{engine="0"} 2\nvllm:num_requests_running{engine="1"} 3\n'
    text += 'vllm:kv_cache_usage_perc{engine="0"} 0.2\nvllm:kv_cache_usage_perc{engine="1"} 0.9\n'
    told = Counters().traffic(VLLM_METRICS, values(text, VLLM_METRICS.names), 1.0)
    assert told == Traffic(running=5, kv_percent=90.0)


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "-3", "1e300"])
def test_a_value_that_can_be_no_count_and_no_share_is_not_told(value: str) -> None:
    def text(written: str) -> str:
        names = ("num_requests_running", "num_requests_waiting", "kv_cache_usage_perc", "prefix_cache_queries_total")
        return "".join(f"vllm:{name} {value}\n" for name in names) + f"vllm:generation_tokens_total {written}\n"

    counters = Counters()
    told = [
        counters.traffic(VLLM_METRICS, values(text(written), VLLM_METRICS.names), at)
        for at, written in ((10.0, "1e6"), (15.0, value), (20.0, "1000200"))
    ]
    assert told == [Traffic(), Traffic(), Traffic(written_per_s=40.0)], "nor has the counter begun again"


def test_a_share_is_at_most_all() -> None:
    told = Counters().traffic(VLLM_METRICS, {"vllm:kv_cache_usage_perc": [43.0]}, 1.0)
    assert told.kv_percent == 100.0


def test_what_is_no_such_text_is_refused() -> None:
    with pytest.raises(ValueError, match="float"):
        values("vllm:num_requests_running{ oops\n", VLLM_METRICS.names)
