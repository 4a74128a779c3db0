"""Backends stay open between questions."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from llama_index.core.llms import ChatMessage

from docmind.agents.backends.base import Backend
from docmind.agents.routing.pool import Pool
from docmind.agents.settings import Profile
from fakes import FakeServer
from fakes.gguf import write_gguf
from fakes.routed import LOOKED_UP


def no_rarity(stems: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(stems, 1.0)


OLLAMA = Profile(kind="ollama", url="http://127.0.0.1:9", model="m")


async def test_a_backend_is_kept_as_long_as_its_profile_and_key_stay_the_same() -> None:
    pool = Pool()
    seen = []
    for profile, keys in [
        (OLLAMA, {}),
        (OLLAMA, {}),
        (OLLAMA, {"a": "secret"}),
        (Profile(kind="ollama", model="n"), {}),
    ]:
        async with pool.chain(["a"], {"a": profile}, keys, no_rarity) as ((backend, _),):
            seen.append(backend)
    await pool.aclose()
    assert seen[0] is seen[1]
    assert len({id(backend) for backend in seen}) == 3


async def test_a_backend_has_the_name_of_its_profile_and_sends_its_key() -> None:
    pool = Pool()
    async with FakeServer(["Answer: 42"], key="secret") as server:
        profiles = {"a": Profile(kind="openai", url=server.openai_url, model=server.model)}
        async with pool.chain(["a"], profiles, {"a": "secret"}, no_rarity) as ((backend, _),):
            assert backend.name == "a"
            assert await answer_of(backend) == "Answer: 42"
        await pool.aclose()


async def test_profiles_of_one_endpoint_share_its_breaker() -> None:
    pool = Pool()
    alike = msgspec.structs.replace(OLLAMA, max_tokens=7)
    other = msgspec.structs.replace(OLLAMA, model="n")
    async with pool.chain(["a", "b", "c"], {"a": OLLAMA, "b": alike, "c": other}, {}, no_rarity) as (a, b, c):
        assert a.breaker is b.breaker
        assert c.breaker is not a.breaker
        assert pool.breaker(OLLAMA, "") is a.breaker, "it stays between questions"
        assert pool.breaker(OLLAMA, "another key") is not a.breaker
        assert a.breaker.state == "closed"
    await pool.aclose()


async def test_quotes_belongs_to_a_library_and_is_made_for_each_question() -> None:
    pool, quotes = Pool(), Profile(kind="quotes")
    async with (
        pool.chain(["quotes"], {"quotes": quotes}, {}, no_rarity) as ((first, _),),
        pool.chain(["quotes"], {"quotes": quotes}, {}, no_rarity) as ((again, _),),
    ):
        assert first is not again
        assert first.name == "quotes"


async def test_quotes_asks_the_library_which_words_are_rare() -> None:
    asked = list[str]()

    def rarity(stems: Sequence[str]) -> dict[str, float]:
        asked.extend(stems)
        return no_rarity(stems)

    pool = Pool()
    async with pool.chain(["quotes"], {"quotes": Profile(kind="quotes")}, {}, rarity) as ((quotes, _),):
        assert [delta async for delta in quotes.stream(LOOKED_UP)]
    assert "pump" in asked


async def test_a_loaded_model_stays_loaded_for_the_next_question(tmp_path: Path) -> None:
    pool, profiles, loads = Pool(), {"a": tiny_model(tmp_path)}, list[bool]()
    for _ in range(2):
        async with pool.chain(["a"], profiles, {}, no_rarity) as ((backend, _),):
            loads.append(backend.cold)
            assert await answer_of(backend) == "Answer: 42"
    await pool.aclose()
    assert loads == [True, False]
    assert backend.cold


async def test_a_backend_in_use_outlives_a_change_of_its_profile(tmp_path: Path) -> None:
    pool, old = Pool(), tiny_model(tmp_path)
    new = msgspec.structs.replace(old, max_tokens=7)
    async with pool.chain(["a"], {"a": old}, {}, no_rarity) as ((first, _),):
        assert await answer_of(first) == "Answer: 42"
        async with pool.chain(["a"], {"a": new}, {}, no_rarity) as ((second, _),):
            assert await answer_of(second) == "Answer: 42"
        assert await answer_of(first) == "Answer: 42"
        assert not first.cold
    async with pool.chain(["a"], {"a": new}, {}, no_rarity):
        assert first.cold, "the old model stays loaded though nobody uses it"
    await pool.aclose()


def tiny_model(folder: Path) -> Profile:
    model = write_gguf(folder / "tiny.gguf", ["Answer: 42"])
    return Profile(kind="llamacpp", path=str(model), threads=1)


async def answer_of(backend: Backend) -> str:
    return "".join([delta.text async for delta in backend.stream([ChatMessage("What?")])])
