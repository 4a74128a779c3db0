"""Backends stay open between questions."""

from collections.abc import Sequence
from pathlib import Path

from llama_index.core.llms import ChatMessage

from docmind.agents.routing.pool import Pool
from docmind.agents.settings import Profile
from fakes.gguf import write_gguf


def no_rarity(stems: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(stems, 1.0)


OLLAMA = Profile(kind="ollama", url="http://127.0.0.1:9", model="m")


async def test_a_backend_is_kept_as_long_as_its_profile_and_key_stay_the_same() -> None:
    pool = Pool()
    (first,) = await pool.chain(["a"], {"a": OLLAMA}, {}, no_rarity)
    (again,) = await pool.chain(["a"], {"a": OLLAMA}, {}, no_rarity)
    (other_key,) = await pool.chain(["a"], {"a": OLLAMA}, {"a": "secret"}, no_rarity)
    (other_model,) = await pool.chain(["a"], {"a": Profile(kind="ollama", model="n")}, {}, no_rarity)
    await pool.aclose()
    assert first is again
    assert len({id(first), id(other_key), id(other_model)}) == 3


async def test_quotes_belongs_to_a_library_and_is_made_for_each_question() -> None:
    pool, quotes = Pool(), Profile(kind="quotes")
    (first,) = await pool.chain(["quotes"], {"quotes": quotes}, {}, no_rarity)
    (again,) = await pool.chain(["quotes"], {"quotes": quotes}, {}, no_rarity)
    assert first is not again


async def test_a_loaded_model_stays_loaded_for_the_next_question(tmp_path: Path) -> None:
    model = write_gguf(tmp_path / "tiny.gguf", ["Answer: 42"])
    profiles = {"a": Profile(kind="llamacpp", path=str(model), threads=1)}
    pool, loads = Pool(), list[bool]()
    for _ in range(2):
        (backend,) = await pool.chain(["a"], profiles, {}, no_rarity)
        loads.append(backend.cold)
        text = "".join([delta.text async for delta in backend.stream([ChatMessage("What?")])])
        assert text == "Answer: 42"
    await pool.aclose()
    assert loads == [True, False]
    assert backend.cold
