"""`docmind ask` in figures: python benchmarks/ask.py [--runs 5]

First token: from the start of the program in a pty to the first text of the answer on it, with a model server that
answers at once, so that nearly all of the time is docmind's own; cold (no engine runs) and warm. The floor, in the same
table, is what importing LlamaIndex alone takes.

Machinery: CPU of a whole question (agent, route, splitter, events, encoding) for each token of an answer, with a
backend that costs nothing, from 1,000 to 20,000 tokens.
"""

import argparse
import asyncio
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import msgspec
from llama_index.core.llms import ChatMessage

from docmind.agents.backends.base import Backend, Delta, Health
from docmind.agents.conversation import Conversation
from docmind.agents.library.index import Library
from docmind.agents.library.store import library_file
from docmind.agents.library.sync import sync
from docmind.agents.protocol import AnyEvent
from docmind.agents.records import Usage
from docmind.agents.routing.breaker import Breaker
from docmind.agents.routing.candidate import Candidate
from docmind.agents.routing.router import Route
from docmind.agents.settings import AgentSettings, LibrarySettings, Profile
from fakes import FakeServer

SEARCH = 'Thought: I look.\nAction: search_documents\nAction Input: {"query": "backend fails"}\n'
ANSWER = "Thought: I can answer now.\nAnswer: Zebras say that the next profile of the list answers [1]."
MARK = b"Zebras"
IMPORT = "import llama_index.core.agent.workflow, llama_index.llms.openai_like, llama_index.llms.ollama"


def first_token(home: Path, config: Path, documents: Path) -> float:
    """Seconds from the start of the program to the first word of the answer."""
    environment = os.environ | {"DOCMIND_DATA_DIR": str(home / "data"), "XDG_RUNTIME_DIR": str(home)}
    command = [
        sys.executable,
        "-m",
        "docmind",
        "--config",
        str(config),
        "ask",
        "What if a backend fails?",
        str(documents),
    ]
    screen, terminal = pty.openpty()
    start, seen = time.perf_counter(), b""
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    while MARK not in seen:
        seen += os.read(screen, 65536)
    seconds = time.perf_counter() - start
    process.wait()
    os.close(screen)
    return seconds


def stop_engine(home: Path) -> None:
    environment = os.environ | {"DOCMIND_DATA_DIR": str(home / "data"), "XDG_RUNTIME_DIR": str(home)}
    subprocess.run([sys.executable, "-m", "docmind", "engine", "stop"], env=environment, stdout=subprocess.DEVNULL)


def importing() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORT], check=True)
    return time.perf_counter() - start


def row(what: str, seconds: Sequence[float]) -> None:
    middle = statistics.median(seconds)
    print(f"{what:44} {middle:6.2f} s   (min {min(seconds):.2f}, max {max(seconds):.2f}, n {len(seconds)})", flush=True)


def report_first_token(home: Path, runs: int) -> None:
    documents = home / "documents"
    documents.mkdir()
    (documents / "routing.md").write_text("# Routing\n\nWhen a backend fails, the next profile of the list answers.\n")
    row("import LlamaIndex (the floor of cold)", [importing() for _ in range(runs)])
    for kind in ("ollama", "openai"):
        with FakeServer([SEARCH, ANSWER]) as server:
            config = home / f"{kind}.toml"
            url = getattr(server, f"{kind}_url")
            config.write_text(f'[profiles.model]\nkind = "{kind}"\nurl = "{url}"\nmodel = "{server.model}"\n')
            first_token(home, config, documents)
            row(f"ask to first token, warm engine, {kind}", [first_token(home, config, documents) for _ in range(runs)])
            cold = []
            for _ in range(runs):
                stop_engine(home)
                cold.append(first_token(home, config, documents))
            row(f"ask to first token, cold engine, {kind}", cold)
    stop_engine(home)


class Free(Backend):
    """Searches, then says `tokens` words; it costs next to nothing and yields to the loop as a network stream does."""

    kind = "free"

    def __init__(self, tokens: int) -> None:
        super().__init__("free", Profile(kind="openai"))
        self._tokens = tokens

    async def health(self) -> Health:
        return Health(state="ready")

    async def models(self) -> list[str]:
        return ["free"]

    async def model(self) -> str:
        return "free"

    async def context(self) -> int:
        return 8192

    async def stream(self, messages: Sequence[ChatMessage], stop: Sequence[str] = ()) -> AsyncGenerator[Delta, None]:
        if any((message.content or "").startswith("Observation:") for message in messages):
            yield Delta(text="Answer:")
            for _ in range(self._tokens):
                yield Delta(text=" word")
                await asyncio.sleep(0)
        else:
            yield Delta(text=SEARCH)
        yield Delta(usage=Usage(completion_tokens=self._tokens))


async def machinery(library: Library, tokens: int) -> float:
    """CPU seconds of one question whose answer has so many tokens."""
    encoder, conversation = msgspec.json.Encoder(), Conversation(AgentSettings(), library)
    start, seen = time.process_time(), list[AnyEvent]()
    route = Route("run", [Candidate(Free(tokens), Breaker())], AgentSettings(), [])
    async for event in conversation.ask("run", "What if a backend fails?", route):
        encoder.encode(event)
        seen.append(event)
    assert len(seen) > tokens
    return time.process_time() - start


async def report_machinery(home: Path) -> None:
    documents = home / "documents"
    file = library_file(home / "data", [documents])
    sync([documents], file, LibrarySettings())
    library = Library(file)
    await machinery(library, 100)
    for tokens in (1_000, 5_000, 20_000):
        nothing = min([await machinery(library, 0) for _ in range(3)])
        seconds = min([await machinery(library, tokens) for _ in range(3)])
        print(f"machinery, {tokens:6,} tokens {1000 * (seconds - nothing) / tokens:24.3f} ms CPU a token")
    print(f"machinery, a question without text {1000 * nothing:14.1f} ms CPU")
    library.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        report_first_token(Path(home), options.runs)
        asyncio.run(report_machinery(Path(home)))


if __name__ == "__main__":
    main()
