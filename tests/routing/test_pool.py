"""Backends stay open between questions."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from llama_index.core.llms import ChatMessage

from docmind.agents.backends.base import Backend
from docmind.agents.routing.pool import Pool
from docmind.agents.settings import Profile
from fakes.gguf import write_gguf


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


async def test_quotes_belongs_to_a_library_and_is_made_for_each_question() -> None:
    pool, quotes = Pool(), Profile(kind="quotes")
    async with (
        pool.chain(["quotes"], {"quotes": quotes}, {}, no_rarity) as ((first, _),),
        pool.chain(["quotes"], {"quotes": quotes}, {}, no_rarity) as ((again, _),),
    ):
        assert first is not again


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
