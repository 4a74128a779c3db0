"""Which profiles are tried, in which order."""

from collections.abc import Sequence

import pytest

from docmind.agents.backends.hosted_checks import LLAMA_CPP, VLLM
from docmind.agents.errors import Code, DocmindError
from docmind.agents.routing.chain import on_card, plan, profiles
from docmind.agents.settings import Profile, Settings

LOCAL = Profile(kind="ollama", url="http://127.0.0.1:11434")
FAST = Profile(kind="llamacpp", path="model.gguf", priority=5)
REMOTE = Profile(kind="openai", url="https://example.org/v1", allow_remote=True, priority=9)
CONFIGURED = Settings(profiles={"local": LOCAL, "fast": FAST, "remote": REMOTE})


def order(
    settings: Settings, profile: str | None = None, fallback: bool = True, banned: Sequence[str] = ()
) -> list[str]:
    return plan(settings, profiles(settings, {}), profile, fallback, banned).names


def test_by_default_every_local_profile_is_tried_by_priority_and_quotes_last() -> None:
    assert order(CONFIGURED) == ["fast", "local", "quotes"]


def test_a_remote_profile_is_only_used_when_it_is_named() -> None:
    assert order(CONFIGURED, "remote") == ["remote", "fast", "local", "quotes"]


def test_a_class_that_may_connect_elsewhere_is_only_used_when_it_is_named() -> None:
    inside, outside = Profile(kind="hosted", class_="a.B"), Profile(kind="hosted", class_="a.B", allow_remote=True)
    settings = Settings(profiles={"inside": inside, "outside": outside})
    assert order(settings) == ["inside", "quotes"]
    assert order(settings, "outside") == ["outside", "inside", "quotes"]


def test_the_profile_in_use_comes_first_and_the_configured_fallback_after_it() -> None:
    settings = Settings(profiles=CONFIGURED.profiles, profile="local", fallback=["fast", "quotes"])
    assert order(settings) == ["local", "fast", "quotes"]


def test_quotes_is_always_the_last_even_where_the_fallback_does_not_name_it() -> None:
    settings = Settings(profiles=CONFIGURED.profiles, fallback=["quotes", "local"])
    assert order(settings) == ["local", "quotes"]


def test_without_fallback_only_one_profile_is_tried() -> None:
    assert order(CONFIGURED, "local", fallback=False) == ["local"]


def test_with_nothing_configured_what_was_found_is_used_else_quotes() -> None:
    found = profiles(Settings(), {"ollama": LOCAL})
    assert plan(Settings(), found, None, True).names == ["ollama", "quotes"]
    assert order(Settings()) == ["quotes"]
    assert profiles(Settings(), {}) == {"quotes": Profile(kind="quotes")}


def test_quotes_can_be_asked_for_by_name() -> None:
    assert order(CONFIGURED, "quotes") == ["quotes"]


def test_an_unknown_profile_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(DocmindError, match="no profile 'fats'") as caught:
        order(CONFIGURED, "fats")
    assert caught.value.code == Code.CONFIG
    assert "fast, local, quotes, remote" in caught.value.hint


CHAINED = Profile(kind="ollama", url="http://127.0.0.1:11434", model="qwen3:8b", models=["llama3.2:3b", "gemma3:4b"])
WITH_MODELS = Settings(profiles={"local": LOCAL, "big": CHAINED, "fast": FAST})


def test_further_models_of_a_profile_follow_it_before_the_next_profile() -> None:
    chained = ["big", "big/llama3.2:3b", "big/gemma3:4b"]
    assert order(WITH_MODELS) == ["fast", "local", *chained, "quotes"]
    assert order(WITH_MODELS, "big") == [*chained, "fast", "local", "quotes"]
    assert order(WITH_MODELS, "big", fallback=False) == chained
    settings = Settings(profiles=WITH_MODELS.profiles, fallback=["big", "fast"])
    assert order(settings, "fast") == ["fast", *chained, "quotes"]


def test_a_further_model_is_a_profile_of_its_own_that_can_be_chosen() -> None:
    known = profiles(WITH_MODELS, {})
    assert known["big"] is CHAINED
    assert (known["big/gemma3:4b"].model, known["big/gemma3:4b"].models) == ("gemma3:4b", [])
    assert order(WITH_MODELS, "big/gemma3:4b")[0] == "big/gemma3:4b"


def test_a_banned_profile_is_not_asked_nor_its_further_models_even_where_it_was_chosen() -> None:
    assert order(WITH_MODELS, banned=["big"]) == ["fast", "local", "quotes"]
    assert order(WITH_MODELS, "fast", banned=["fast", "quotes"]) == ["local", "big", "big/llama3.2:3b", "big/gemma3:4b"]


def test_when_all_are_banned_it_says_so_and_how_to_lift_a_ban() -> None:
    with pytest.raises(DocmindError, match=r"^Every profile is banned") as caught:
        order(Settings(), banned=["quotes"])
    assert caught.value.code == Code.CONFIG
    assert "/ban" in caught.value.hint


@pytest.mark.parametrize(
    ("settings", "profile", "fallback", "banned", "rule"),
    [
        (CONFIGURED, "local", False, (), "only"),
        (CONFIGURED, "local", True, (), "chosen"),
        (Settings(profiles=CONFIGURED.profiles, profile="local"), None, True, (), "configured"),
        (Settings(profiles=CONFIGURED.profiles, fallback=["local"]), None, True, (), "listed"),
        (CONFIGURED, None, True, (), "best"),
        (CONFIGURED, "local", True, ("local",), "left"),
    ],
)
def test_the_plan_says_why_the_first_one_comes_first(
    settings: Settings, profile: str | None, fallback: bool, banned: Sequence[str], rule: str
) -> None:
    assert plan(settings, profiles(settings, {}), profile, fallback, banned).rule == rule


@pytest.mark.parametrize(
    ("profile", "works"),
    [
        (FAST, True),
        (Profile(kind="llamacpp", path="model.gguf", gpu_layers=0), False),
        (LOCAL, True),
        (Profile(kind="ollama", options={"num_gpu": 0}), False),
        (Profile(kind="openai", url="http://127.0.0.1:8000/v1"), True),
        (REMOTE, False),
        (Profile(kind="quotes"), False),
        (Profile(kind="hosted", class_=VLLM), True),
        (Profile(kind="hosted", class_=VLLM, allow_remote=True), False),
        (Profile(kind="hosted", class_=LLAMA_CPP), False),
        (Profile(kind="hosted", class_=LLAMA_CPP, options={"model_kwargs": {"n_gpu_layers": -1}}), True),
    ],
)
def test_which_profiles_a_card_of_this_machine_may_work_for(profile: Profile, works: bool) -> None:
    assert on_card(profile) == works
