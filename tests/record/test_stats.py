"""Sums and percentiles, against series whose values are known."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmind.agents.record.stats import Times, percentile, summarise, summary
from docmind.agents.records import Call


def call(profile: str = "fast", **fields: object) -> Call:
    defaults = {"run": "r", "phase": "step", "at": 0.0, "total_ms": 1000.0, "outcome": "ok"}
    return Call(**{"profile": profile, **defaults, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        (range(1, 101), 50, 50),
        (range(1, 101), 95, 95),
        (range(1, 101), 99, 99),
        (range(1, 101), 100, 100),
        (range(1, 101), 0, 1),
        ([15, 20, 35, 40, 50], 40, 20),  # a well-known example of the nearest rank
        ([15, 20, 35, 40, 50], 50, 35),
        ([7], 99, 7),
    ],
)
def test_a_percentile_is_the_value_of_the_nearest_rank(values: Sequence[float], percent: int, expected: float) -> None:
    assert percentile(values, percent) == expected


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(0, 100))
def test_a_percentile_is_one_of_the_values_and_enough_of_them_are_not_above_it(
    values: list[float], percent: int
) -> None:
    found = percentile(sorted(values), percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)


def test_the_rank_is_rounded_up_exactly() -> None:
    assert percentile(range(1, 101), 7) == 7


def test_first_tokens_are_spread_over_all_calls_that_came_so_far() -> None:
    calls = [call(first_token_ms=float(number), outcome="ok") for number in range(1, 100)]
    calls += [call(first_token_ms=100.0, outcome="failed", code="ERR_5002"), call(outcome="failed", code="ERR_5001")]
    assert summary("fast", calls).first_token_ms == Times(avg=50.5, p50=50.0, p95=95.0, p99=99.0)


def test_the_whole_time_counts_for_calls_that_succeeded_only() -> None:
    calls = [call(total_ms=100.0), call(total_ms=300.0), call(total_ms=9000.0, outcome="failed", code="ERR_5002")]
    assert summary("fast", calls).total_ms == Times(avg=200.0, p50=100.0, p95=300.0, p99=300.0)


def test_the_speed_leaves_the_wait_for_the_first_token_out() -> None:
    calls = [
        call(first_token_ms=5000.0, total_ms=6000.0, completion_tokens=11),
        call(first_token_ms=0.0, total_ms=3000.0, completion_tokens=31),
    ]
    assert summary("fast", calls).tokens_per_s == 10.0


def test_an_answer_that_came_whole_has_no_speed() -> None:
    whole = call(first_token_ms=999.9, completion_tokens=300, whole=True)
    assert summary("fast", [whole]).tokens_per_s is None
    streamed = call(first_token_ms=0.0, completion_tokens=11)
    found = summary("fast", [whole, streamed])
    assert (found.tokens_per_s, found.completion_tokens) == (10.0, 311)


@pytest.mark.parametrize("only", [call(), call(first_token_ms=1000.0, completion_tokens=1), call(outcome="cancelled")])
def test_without_a_second_token_there_is_no_speed(only: Call) -> None:
    assert summary("fast", [only]).tokens_per_s is None


def test_what_the_user_stopped_is_neither_success_nor_error() -> None:
    calls = [call(), call(outcome="cancelled"), call(outcome="failed", code="ERR_5001")]
    found = summary("fast", calls)
    assert (found.calls, found.ok, found.cancelled, found.success) == (3, 1, 1, 0.5)
    assert summary("fast", [call(outcome="cancelled")]).success is None


def test_errors_are_counted_by_code_the_most_frequent_first() -> None:
    codes = ["ERR_5001", "ERR_5002", "ERR_5002"]
    found = summary("fast", [call(outcome="failed", code=code) for code in codes])
    assert list(found.errors.items()) == [("ERR_5002", 2), ("ERR_5001", 1)]
    assert found.first_token_ms is found.total_ms is None


def test_profiles_are_summed_up_apart_and_name_their_models_the_last_one_first() -> None:
    calls = [call("b", model="old"), call("a"), call("b", model="new", prompt_tokens=3, completion_tokens=4)]
    found = summarise(calls)
    assert [(each.profile, each.calls, each.models) for each in found] == [("b", 2, ["new", "old"]), ("a", 1, [])]
    assert (found[0].prompt_tokens, found[0].completion_tokens) == (3, 4)


def test_no_calls_make_no_summary() -> None:
    assert summarise([]) == []
