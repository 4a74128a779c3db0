"""What every kind of backend must do, against real HTTP servers and the real llama.cpp."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest
from llama_index.core.llms import ChatMessage

from docmind.agents.backends.base import KINDS, Backend, Delta, Health, open_backend
from docmind.agents.backends.hosted_checks import LLAMA_CPP
from docmind.agents.settings import Profile
from fakes import FakeServer
from fakes.gguf import write_gguf
from fakes.listening import QUESTION, listen

ANSWER = "Thought: I can answer now.\nAnswer: The manual says 42 [1]."
LONG = ANSWER + " ".join(f"word{number}" for number in range(1500))
FLAVOURS = ["vllm", "lmstudio", "llamacpp", "llamafile", "sglang", "tabby", "tensorrt", "litellm", "plain"]
CASES = ["quotes", "llamacpp", "ollama", *(f"openai/{flavour}" for flavour in FLAVOURS)]
CASES += ["hosted/Streaming", "hosted/Whole"]
CASES += ["hosted/LlamaCPP"] if find_spec("llama_cpp") else []  # a long compilation; not part of the test environment
STALL_LIMIT = 0.25
"""In seconds. A blocking call holds the event loop for a whole answer; a busy machine for some time slices."""
TRIES = 3


class Subject:
    """A backend of one kind with something real behind it that says a given text."""

    def __init__(self, case: str, folder: Path) -> None:
        self.kind, _, self.flavour = case.partition("/")
        self.folder = folder
        self.stack = AsyncExitStack()

    async def open(self, text: str = ANSWER) -> Backend:
        """Closed at the end of the test."""
        backend = open_backend("subject", await self._profile(text))
        self.stack.push_async_callback(backend.aclose)
        return backend

    async def _profile(self, text: str) -> Profile:
        if self.kind == "quotes":
            return Profile(kind="quotes")
        if self.kind == "llamacpp":
            path = write_gguf(self.folder / "tiny.gguf", [text])
            return Profile(kind="llamacpp", path=str(path), threads=1, max_tokens=8000)
        if self.flavour == "LlamaCPP":
            path = write_gguf(self.folder / "tiny.gguf", [text])
            options = {"model_path": str(path), "temperature": 0.0, "model_kwargs": {"n_threads": 1}}
            return Profile(kind="hosted", class_=LLAMA_CPP, options=options, max_tokens=8000)
        if self.kind == "hosted":
            return Profile(kind="hosted", class_=f"fakes.llms.{self.flavour}", options={"says": text})
        flavour = self.flavour or "plain"
        server = await self.stack.enter_async_context(FakeServer([text], flavour=flavour))  # type: ignore[arg-type]
        if self.kind == "ollama":
            return Profile(kind="ollama", url=server.ollama_url)
        return Profile(kind="openai", url=server.openai_url)


@pytest.fixture(params=CASES)
async def subject(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Subject]:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))  # for the child of kind hosted
    subject = Subject(request.param, tmp_path)
    async with subject.stack:
        yield subject


def test_every_kind_is_tried() -> None:
    assert {case.partition("/")[0] for case in CASES} == set(KINDS)


async def test_a_backend_that_works_is_ready(subject: Subject) -> None:
    health = await (await subject.open()).health()

    assert (health.state, health.code) == ("ready", "")


async def test_the_model_in_use_is_one_of_the_list(subject: Subject) -> None:
    backend = await subject.open()

    assert await backend.model() in await backend.models()


async def test_the_context_window_is_known(subject: Subject) -> None:
    assert await (await subject.open()).context() >= 4096


async def test_the_answer_comes_in_pieces_and_whole(subject: Subject) -> None:
    heard = await listen(await subject.open())

    assert heard.error is None
    assert len(heard.deltas) > 3 or heard.deltas[0].whole
    assert heard.deltas[0].whole == (subject.flavour == "Whole")
    if subject.kind != "quotes":
        assert heard.text == ANSWER


async def test_usage_comes_with_the_last_piece_only(subject: Subject) -> None:
    heard = await listen(await subject.open())

    assert [delta.usage is not None for delta in heard.deltas] == [False] * (len(heard.deltas) - 1) + [True]
    assert heard.usage is not None
    assert heard.usage.prompt_tokens > 0
    assert heard.usage.completion_tokens > 0
    assert heard.usage.estimated == (subject.kind in ("quotes", "hosted"))


async def test_what_it_can_continue_it_continues(subject: Subject) -> None:
    if subject.kind == "quotes":
        pytest.skip("it finishes any answer with the documents' words: see test_quotes.py")
    backend = await subject.open()
    if (await backend.abilities()).continues:
        begun, rest = ANSWER.split(" says")
        heard = await listen(backend, [*QUESTION, ChatMessage(role="assistant", content=begun)])

        assert (heard.text, heard.error) == (" says" + rest, None)


async def test_a_backend_answers_again_after_an_answer_that_was_left(subject: Subject) -> None:
    backend = await subject.open(LONG)
    async for _ in backend.stream(QUESTION):
        break

    assert (await listen(backend)).error is None


async def test_the_event_loop_keeps_running(subject: Subject) -> None:
    # A blocking call stalls every time; a busy machine does not, so the best of some tries counts.
    backend = await subject.open(LONG)

    assert min([await _longest_stall(backend) for _ in range(TRIES)]) <= STALL_LIMIT


async def test_the_stall_meter_sees_a_blocking_backend() -> None:
    assert await _longest_stall(_Blocking("blocking", Profile(kind="quotes"))) > STALL_LIMIT


FIRST_CALL = """
import asyncio, gc, sys
from docmind.agents.backends.base import open_backend
from docmind.agents.settings import Profile
from fakes.listening import listen

async def main():
    for kind, url in zip(sys.argv[1::2], sys.argv[2::2]):
        backend = open_backend(kind, Profile(kind=kind, url=url))
        assert gc.get_freeze_count() > 100_000, "a full collection would hold the event loop"
        before = set(sys.modules)
        assert (await listen(backend)).error is None
        print(kind, sorted(set(sys.modules) - before))
        await backend.aclose()

asyncio.run(main())
"""


def test_the_first_call_imports_nothing_inside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    with FakeServer() as server:
        urls = ["ollama", server.ollama_url, "openai", server.openai_url]
        result = subprocess.run([sys.executable, "-c", FIRST_CALL, *urls], capture_output=True, text=True, check=True)

    assert result.stdout.splitlines() == ["ollama []", "openai []"]


async def _longest_stall(backend: Backend) -> float:
    """Seconds between two turns of the event loop while an answer streams."""
    longest, done = 0.0, asyncio.create_task(listen(backend))
    last = time.perf_counter()
    while not done.done():
        await asyncio.sleep(0)
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    assert done.result().error is None
    return longest


class _Blocking(Backend):
    """Computes for a while inside the event loop, as an in-process model would."""

    kind = "quotes"

    async def health(self) -> Health:
        return Health(state="ready")

    async def models(self) -> list[str]:
        return []

    async def model(self) -> str:
        return ""

    async def context(self) -> int:
        return 0

    async def stream(self, messages: Sequence[ChatMessage], stop: Sequence[str] = ()) -> AsyncGenerator[Delta, None]:
        end = time.perf_counter() + 2 * STALL_LIMIT
        while time.perf_counter() < end:
            pass
        yield Delta(text="late")
