"""A route over real backends of fake servers, and what came of a step."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from itertools import zip_longest

from llama_index.core.llms import ChatMessage

from docmind.agents.backends.base import Delta, open_backend
from docmind.agents.errors import DocmindError
from docmind.agents.protocol import Switched
from docmind.agents.records import Attempt, Call, Usage
from docmind.agents.routing.breaker import Breaker
from docmind.agents.routing.candidate import Candidate
from docmind.agents.routing.router import Route
from docmind.agents.routing.takeover import TakenOver
from docmind.agents.settings import AgentSettings, Profile

from . import FakeServer

TOOLS = ("search_documents", "read_document", "list_documents")
QUESTION = [ChatMessage(role="system", content="rules"), ChatMessage(role="user", content="Which pump?")]
LOOKED_UP = [
    *QUESTION,
    ChatMessage(role="assistant", content='Action: search_documents\nAction Input: {"query": "pump"}'),
    ChatMessage(role="user", content="Observation: [1] pump.md | lines 1-1\n  The pump is blue."),
]


@dataclass
class Step:
    """What a route gave for one step."""

    items: list[object] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    error: DocmindError | None = None

    @property
    def text(self) -> str:
        """The reply as the agent gets it in the end."""
        text = ""
        for item in self.items:
            text = item.kept if isinstance(item, TakenOver) else text + item.text if isinstance(item, Delta) else text
        return text

    @property
    def switches(self) -> list[Switched]:
        """In their order."""
        return [item.switched for item in self.items if isinstance(item, TakenOver) and item.switched]

    @property
    def tried(self) -> list[tuple[str, str]]:
        """Profile and code of each attempt."""
        return [(attempt.profile, attempt.code) for attempt in self.attempts]


def candidate(name: str, server: FakeServer | None, context: int | None = None) -> Candidate:
    """The backend of a server; of `quotes` without one."""
    profile = Profile(kind="quotes")
    if server:
        profile = Profile(kind="openai", url=server.openai_url, model=server.model, context=context)
    return Candidate(open_backend(name, profile), Breaker())


@asynccontextmanager
async def candidates(*servers: FakeServer, windows: Sequence[int | None] = ()) -> AsyncIterator[list[Candidate]]:
    """Those of the servers, named first, second, third, and `quotes`. `windows`: what their profiles say, in tokens."""
    each = zip_longest(["first", "second", "third"][: len(servers)], servers, windows)
    chain = [candidate(*one) for one in each]
    yield [*chain, candidate("quotes", None)]
    for one in chain:
        await one.backend.aclose()


async def step(
    chain: Sequence[Candidate], messages: Sequence[ChatMessage] = QUESTION, settings: AgentSettings | None = None
) -> Step:
    """One step of a new question."""
    done = Step()
    route = Route("run", chain, settings or AgentSettings(), done.attempts, done.calls.append)
    try:
        async with aclosing(route.stream(messages, ["\nObservation:"], TOOLS)) as items:
            async for item in items:
                done.items.append(item)
    except DocmindError as error:
        done.error = error
    done.usage = route.usage
    return done
