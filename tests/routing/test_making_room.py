"""A model that does not fit beside those that are loaded: they are let go first, and kept where there is room.

The models are real; the memory is one of which each loaded model takes a half.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path

import pytest
from llama_index.core.llms import ChatMessage

from docmind.agents.backends.base import Backend
from docmind.agents.hardware.fit import profiles
from docmind.agents.hardware.fit.memory import Memory
from docmind.agents.hardware.fit.memory import Pool as Space
from docmind.agents.protocol import State
from docmind.agents.routing import pool as module
from docmind.agents.routing.breaker import Breaker
from docmind.agents.routing.candidate import Candidate
from docmind.agents.routing.pool import Pool
from docmind.agents.routing.router import Route
from docmind.agents.settings import AgentSettings, Profile
from fakes import FakeServer
from fakes.gguf import write_gguf


def no_rarity(stems: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(stems, 1.0)


@asynccontextmanager
async def lent(pool: Pool, **known: Profile) -> AsyncIterator[list[Backend]]:
    async with pool.chain(list(known), known, {}, no_rarity) as candidates:
        yield [candidate.backend for candidate in candidates]
    await pool.aclose()


class Machine:
    """Has `total` bytes of RAM, of which those models take `each` that hold memory."""

    def __init__(self, total: int, each: int) -> None:
        self.total, self.each = total, each
        self.backends: list[Backend] = []

    def read(self) -> Memory:
        taken = self.each * sum(one.holds_memory for one in self.backends)
        return Memory(ram=Space(name="RAM", free=self.total - taken, total=self.total))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(40_000_000, 30_000_000)
    monkeypatch.setattr(profiles, "read_memory", machine.read)
    return machine


def gguf(folder: Path, name: str) -> Profile:
    return Profile(kind="llamacpp", path=str(write_gguf(folder / f"{name}.gguf", [f"{name} " * 50])), threads=1)


async def test_the_old_model_is_let_go_before_one_that_does_not_fit_beside_it(machine: Machine, tmp_path: Path) -> None:
    pool = Pool()
    async with lent(pool, old=gguf(tmp_path, "old"), new=gguf(tmp_path, "new")) as machine.backends:
        old, new = machine.backends
        await old.load()
        await pool.make_room(new)
        assert old.cold
        await new.load()


async def test_both_are_kept_where_they_fit(machine: Machine, tmp_path: Path) -> None:
    machine.each = 1_000_000
    pool = Pool()
    async with lent(pool, old=gguf(tmp_path, "old"), new=gguf(tmp_path, "new")) as machine.backends:
        old, new = machine.backends
        await old.load()
        await pool.make_room(new)
        assert not old.cold


async def test_only_as_many_go_as_have_to(machine: Machine, tmp_path: Path) -> None:
    machine.each = 14_000_000
    pool, names = Pool(), ("first", "second", "third")
    async with lent(pool, **{name: gguf(tmp_path, name) for name in names}) as machine.backends:
        first, second, third = machine.backends
        await first.load()
        await second.load()
        await pool.make_room(third)
        assert (first.cold, second.cold) == (True, False)


async def test_a_model_that_is_answering_stays(machine: Machine, tmp_path: Path) -> None:
    pool = Pool()
    async with lent(pool, old=gguf(tmp_path, "old"), new=gguf(tmp_path, "new")) as machine.backends:
        old, new = machine.backends
        async with AsyncExitStack() as stack:
            stream = old.stream([ChatMessage("What?")])
            stack.push_async_callback(stream.aclose)
            await anext(stream)
            await pool.make_room(new)
            assert not old.cold


async def test_ollama_is_told_to_let_go_of_its_model(machine: Machine, tmp_path: Path) -> None:
    pool = Pool()
    async with FakeServer(loading=True) as server:
        ollama = Profile(kind="ollama", url=server.ollama_url, model=server.model)
        async with lent(pool, old=ollama, new=gguf(tmp_path, "new")) as machine.backends:
            old, new = machine.backends
            await old.load()
            await pool.make_room(new)
            assert server.loading
            assert not old.holds_memory


async def test_a_child_is_ended_before_ollama_loads(machine: Machine, tmp_path: Path) -> None:
    machine.total, machine.each = 10_000_000_000, 9_000_000_000
    pool = Pool()
    async with FakeServer(loading=True) as server:
        ollama = Profile(kind="ollama", url=server.ollama_url, model=server.model)
        async with lent(pool, old=gguf(tmp_path, "old"), new=ollama) as machine.backends:
            old, new = machine.backends
            await old.load()
            await new.view()
            assert new.cold
            await pool.make_room(new)
            assert old.cold


async def test_a_server_that_does_not_say_what_its_model_needs_holds_nobody_up(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIT_S", 0.05)
    pool = Pool()
    async with FakeServer(loading=True, hangs=["/api/show"]) as server:
        ollama = Profile(kind="ollama", url=server.ollama_url, model=server.model)
        async with lent(pool, old=gguf(tmp_path, "old"), new=ollama) as machine.backends:
            old, new = machine.backends
            await old.load()
            await new.view()
            await pool.make_room(new)
            assert not old.cold


async def test_a_model_that_is_being_asked_needs_no_more_room(machine: Machine, tmp_path: Path) -> None:
    pool = Pool()
    async with lent(pool, old=gguf(tmp_path, "old"), new=gguf(tmp_path, "new")) as machine.backends:
        old, new = machine.backends
        await old.load()
        async with AsyncExitStack() as stack:
            stream = new.stream([ChatMessage("What?")])
            stack.push_async_callback(stream.aclose)
            await anext(stream)
            await pool.make_room(new)
            assert not old.cold


async def test_a_question_for_a_cold_model_makes_room_for_it_first(machine: Machine, tmp_path: Path) -> None:
    pool = Pool()
    async with lent(pool, old=gguf(tmp_path, "old"), new=gguf(tmp_path, "new")) as machine.backends:
        old, new = machine.backends
        await old.load()
        route = Route("run", [Candidate(new, Breaker())], AgentSettings(), [], make_room=pool.make_room)
        async with aclosing(route.stream([ChatMessage("What?")], [])) as items:
            told = [item async for item in items]
        assert told[0] == State(run="run", state="loading", detail="new")
        assert (old.cold, new.cold) == (True, False)
