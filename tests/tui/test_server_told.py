"""How a model server is told: by its models' badges, and by what it does."""

import time

import pytest

from docmind.agents.views import Load, LoadedModel, Traffic, View, percent
from docmind.tui.server_told import badge, expiry, load_told, loading_time, rows, size

PARTLY = LoadedModel(model="llama3.1:8b", size=8_200_000_000, vram=5_100_000_000, gpu_percent=62)


@pytest.mark.parametrize(
    ("gpu_percent", "shown"), [(100, "GPU"), (62, "GPU 62 %"), (1, "GPU 1 %"), (0, "CPU"), (None, "")]
)
def test_a_badge_says_where_a_model_is(gpu_percent: int | None, shown: str) -> None:
    assert badge(LoadedModel(model="m", gpu_percent=gpu_percent)) == shown


@pytest.mark.parametrize(("part", "whole", "shown"), [(999, 1000, 99), (1, 1000, 1), (1000, 1000, 100), (0, 9, 0)])
def test_all_and_nothing_are_never_rounded_to(part: int, whole: int, shown: int) -> None:
    assert percent(part, whole) == shown
    assert percent(part, 0) is None


def test_of_a_model_that_is_partly_on_the_gpu_both_sizes_are_told() -> None:
    assert size(PARTLY) == "5.1 of 8.2 GB"
    assert size(LoadedModel(model="m", size=8_200_000_000, vram=8_200_000_000, gpu_percent=100)) == "8.2 GB"
    assert size(LoadedModel(model="m")) == ""


@pytest.mark.parametrize(
    ("left_s", "shown"), [(-5, "unloads soon"), (30, "unloads soon"), (241, "unloads in 4 min"), (9e4, "")]
)
def test_an_expiry_is_told_in_minutes(left_s: float, shown: str) -> None:
    assert expiry(LoadedModel(model="m", expires_at=time.time() + left_s)) == shown


def test_rows_have_only_what_is_known_and_not_nothing() -> None:
    busy = Traffic(running=2, waiting=1, kv_percent=43.2, prefix_percent=91.4, prompt_per_s=812.3, written_per_s=1041.0)
    assert list(rows(View(loaded=[PARTLY], traffic=busy))) == [
        ("llama3.1:8b", "GPU 62 %"),
        ("requests", "2 + 1 waiting"),
        ("KV cache", "43 %"),
        ("from cache", "91 % of prompts"),
        ("reads", "812 tok/s"),
        ("writes", "1,041 tok/s"),
    ]
    assert list(rows(View(loaded=[]))) == [("not loaded", "")]
    assert list(rows(View(traffic=Traffic(running=0, waiting=0, kv_percent=0.0)))) == []


def test_names_from_a_server_reach_no_terminal_uncleaned() -> None:
    ((name, _),) = rows(View(loaded=[LoadedModel(model="evil\x1b[31m\nname")]))
    assert "\x1b" not in name
    assert "\n" not in name


def test_times_of_loading_are_told() -> None:
    assert loading_time(12.4) == "loads in about 12 s"
    assert loading_time(0.2) == "loads in less than 1 s"
    load = Load(profile="p", model="m", at=0.0, seconds=12.0, size=8_200_000_000, vram=5_100_000_000, gpu_percent=62)
    assert load_told(load) == "12.0 s, GPU 62 %, 5.1 of 8.2 GB"
