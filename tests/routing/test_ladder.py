"""Where memory runs out, the same profile goes on with less: real children of llama.cpp, servers that say so."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest
from llama_index.core.llms import ChatMessage

from docmind.agents.errors import Code, DocmindError
from docmind.agents.reduced import Reductions, told
from docmind.agents.routing.candidate import Candidate
from docmind.agents.routing.ladder import Ladder
from docmind.agents.routing.pool import Pool
from docmind.agents.routing.router import Route
from docmind.agents.settings import AgentSettings, Profile, Timeouts
from fakes import FakeServer, Fault
from fakes.gguf import write_gguf
from fakes.memory import build, short
from fakes.routed import LOOKED_UP, TOOLS, Step, candidates, step

GOOD = "Thought: I know.\nAnswer: It is 42."
QUOTES = Profile(kind="quotes")


class Asking:
    """Questions to these profiles, one after the other, by one engine."""

    def __init__(self, data_dir: Path) -> None:
        self.pool, self.reductions = Pool(), Reductions(data_dir)
        self.chain: list[Candidate] = []

    async def ask(self, messages: Sequence[ChatMessage] = LOOKED_UP, **own: Profile) -> Step:
        """One step of a question; `quotes` is the last of the chain."""
        own = {**own, "quotes": QUOTES}
        done = Step()
        async with AsyncExitStack() as lent:

            async def lend(names: Sequence[str], profiles: Mapping[str, Profile]) -> list[Candidate]:
                return await lent.enter_async_context(self.pool.chain(names, profiles, {}, lambda stems: {}))

            self.chain = await lend(list(own), self.reductions.applied(own))
            ladder = Ladder(lend, self.reductions, own)
            route = Route("run", self.chain, AgentSettings(), done.attempts, done.calls.append, ladder.down)
            async with aclosing(route.stream(messages, ["\nObservation:"], TOOLS)) as items:
                async for item in items:
                    done.items.append(item)
        return done


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Asking]:
    asking = Asking(tmp_path / "data")
    yield asking
    await asking.pool.aclose()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = build(tmp_path_factory.mktemp("memory"))
    if made is None:
        pytest.skip("no C compiler (cc, gcc) on Linux to make memory short")
    return made


@pytest.fixture
def large(tmp_path: Path) -> Profile:
    """With 8192 tokens its KV cache takes 32 MiB in f16, 17 in q8_0, 9 in q4_0, and its compute buffer 9.4."""
    path = write_gguf(tmp_path / "large.gguf", [GOOD], layers=32)
    return Profile(kind="llamacpp", path=str(path), threads=1, gpu_layers=0)


@pytest.mark.parametrize(
    ("mib", "rungs"),
    [
        (40, []),
        (20, ["kv_cache = q8_0"]),
        (12, ["kv_cache = q8_0", "kv_cache = q4_0"]),
        (8, ["kv_cache = q8_0", "kv_cache = q4_0", "context = 4096"]),
        (4, ["kv_cache = q8_0", "kv_cache = q4_0", "context = 4096", "context = 2048"]),
    ],
)
async def test_a_model_is_loaded_with_as_much_as_there_is_memory_for(
    library: Path, engine: Asking, large: Profile, monkeypatch: pytest.MonkeyPatch, mib: float, rungs: list[str]
) -> None:
    for name, value in short(library, mib).items():
        monkeypatch.setenv(name, value)
    done = await engine.ask(large=large)

    assert done.text == GOOD
    assert [switch.smaller for switch in done.switches] == rungs
    assert {(switch.old, switch.new, switch.code) for switch in done.switches} <= {
        ("large", "large", Code.OUT_OF_MEMORY)
    }
    assert done.tried == [("large", Code.OUT_OF_MEMORY)] * len(rungs) + [("large", "")]
    assert all(f"Tried again with {rung}." in one.reason for rung, one in zip(rungs, done.attempts, strict=False))
    assert engine.chain[0].breaker.state == "closed"


async def test_the_rung_is_used_at_the_next_load_until_it_is_taken_back_or_the_settings_change(
    library: Path, engine: Asking, large: Profile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in short(library, 20).items():
        monkeypatch.setenv(name, value)
    await engine.ask(large=large)
    await engine.pool.aclose()
    engine.pool, engine.reductions = Pool(), Reductions(tmp_path / "data")  # another engine
    assert engine.reductions.told("large", large) == "kv_cache = q8_0"
    again = await engine.ask(large=large)
    assert again.tried == [("large", "")]

    for name in ("LD_PRELOAD", "MOST_BYTES"):
        monkeypatch.delenv(name)
    engine.reductions.forget("large")
    assert (await engine.ask(large=large)).tried == [("large", "")]
    assert engine.chain[0].backend.profile.kv_cache == "f16"


async def test_where_no_rung_helps_the_next_profile_answers_and_nothing_is_remembered(
    library: Path, engine: Asking, large: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in short(library, 0.5).items():
        monkeypatch.setenv(name, value)
    done = await engine.ask(large=large)

    assert done.attempts[-1].profile == "quotes"
    assert done.switches[-1].new == "quotes"
    assert engine.chain[0].breaker.state == "open"
    assert engine.reductions.told("large", large) == ""


async def test_an_address_space_that_is_really_too_small_is_met_with_a_smaller_window(
    engine: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import resource, sys\n"
        "if any('llamacpp_child' in one for one in sys.orig_argv):\n"
        f"    resource.setrlimit(resource.RLIMIT_AS, ({4 << 30}, {4 << 30}))\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.fspath(site))
    path = write_gguf(tmp_path / "wide.gguf", [GOOD], context=1 << 23)
    wide = Profile(kind="llamacpp", path=str(path), threads=1, gpu_layers=0, context=1 << 23)  # 8 GiB of masks
    done = await engine.ask(wide=wide)

    assert done.text == GOOD
    assert done.tried[-1] == ("wide", "")
    assert 1 << 15 < int(done.switches[-1].smaller.removeprefix("context = ")) < 1 << 23


OLLAMA_WORDS = [
    "model requires more system memory (5.6 GiB) than is available (2.1 GiB)",
    "llama runner process has terminated: signal: killed",
    "llama runner process has terminated: cudaMalloc failed: out of memory",
    "error loading model: unable to allocate CUDA0 buffer",
]


def ollama(server: FakeServer) -> Profile:
    return Profile(kind="ollama", url=server.ollama_url, model=server.model, timeouts=Timeouts(connect=1))


@pytest.mark.parametrize("words", OLLAMA_WORDS)
async def test_ollama_is_asked_again_with_half_the_window(engine: Asking, words: str) -> None:
    async with FakeServer([GOOD], fault=Fault("status", status=500, message=words, times=1)) as server:
        done = await engine.ask(model=ollama(server))
        windows = [chat.body["options"]["num_ctx"] for chat in server.chats]
        await engine.ask(model=ollama(server))
        windows.append(server.chats[-1].body["options"]["num_ctx"])

    assert done.text == GOOD
    assert windows == [8192, 4096, 4096]
    assert [switch.smaller for switch in done.switches] == ["context = 4096"]
    assert words.partition(" (")[0] in done.attempts[0].reason


async def test_the_window_stays_large_enough_for_the_question(engine: Asking) -> None:
    long = [LOOKED_UP[0], ChatMessage(role="user", content="Which pump? " * 400)]
    fault = Fault("status", status=500, message=OLLAMA_WORDS[0])
    async with FakeServer([GOOD], fault=fault) as server:
        done = await engine.ask(long, model=ollama(server))
        windows = [chat.body["options"]["num_ctx"] for chat in server.chats]

    assert windows == [8192, 4096]
    assert done.switches[-1].new == "quotes"


async def test_an_answer_that_broke_off_for_lack_of_memory_is_continued_and_no_tool_is_run_twice(
    engine: Asking,
) -> None:
    reply = "Thought: I can answer.\nAnswer: The pump is blue and was built in 1998 [1]."
    fault = Fault("error", after=12, message="CUDA error: out of memory", times=1)
    async with FakeServer([reply, reply], fault=fault) as server:
        done = await engine.ask(model=ollama(server))

    (switch,) = done.switches
    assert (switch.continues, switch.smaller) == (True, "context = 4096")
    assert done.text == reply


async def test_a_server_that_cannot_be_made_smaller_is_left_for_the_next_profile_at_once(engine: Asking) -> None:
    fault = Fault("status", status=500, message="CUDA out of memory")
    async with FakeServer(fault=fault) as full, FakeServer([GOOD]) as good:
        first = Profile(kind="openai", url=full.openai_url, model=full.model)
        second = Profile(kind="openai", url=good.openai_url, model=good.model)
        done, again = await engine.ask(first=first, second=second), await engine.ask(first=first, second=second)
        assert len(full.chats) == 1

    assert done.tried == again.tried == [("first", Code.OUT_OF_MEMORY), ("second", "")]
    assert done.switches[0].smaller == ""


async def test_without_a_ladder_the_next_profile_is_asked() -> None:
    fault = Fault("status", status=500, message="CUDA out of memory")
    async with FakeServer(fault=fault) as full, FakeServer([GOOD]) as good, candidates(full, good) as chain:
        assert (await step(chain)).tried == [("first", Code.OUT_OF_MEMORY), ("second", "")]


async def test_a_server_that_is_gone_when_it_is_asked_for_its_size_is_left(engine: Asking) -> None:
    async def gone(least: int, error: DocmindError) -> Profile | None:
        raise DocmindError(Code.UNAVAILABLE, "Nothing answers.")

    async with FakeServer([GOOD], fault=Fault("status", status=500, message=OLLAMA_WORDS[0])) as server:
        async with engine.pool.chain(["model"], {"model": ollama(server)}, {}, lambda stems: {}) as (candidate,):
            candidate.backend.smaller = gone  # type: ignore[method-assign]
        done = await engine.ask(model=ollama(server))

    assert done.tried[0] == ("model", Code.OUT_OF_MEMORY)
    assert done.switches[0].new == "quotes"


def test_a_change_is_told_as_the_settings_name_it() -> None:
    assert told({"context": 4096, "options": {"num_gpu": 0}}) == "context = 4096, options.num_gpu = 0"
