"""Reads a backend's stream to its end, as the rest of docmind would."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from llama_index.core.llms import ChatMessage

from docmind.agents.backends.base import Backend, Delta
from docmind.agents.errors import DocmindError
from docmind.agents.records import Usage

QUESTION = [ChatMessage(role="user", content="What did the manual say?")]


@dataclass
class Heard:
    """What came of a stream."""

    deltas: list[Delta] = field(default_factory=list)
    error: DocmindError | None = None

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(delta.text for delta in self.deltas)

    @property
    def thinking(self) -> str:
        """The thinking text."""
        return "".join(delta.thinking for delta in self.deltas)

    @property
    def usage(self) -> Usage | None:
        """Of the last delta."""
        return self.deltas[-1].usage if self.deltas else None

    @property
    def code(self) -> str:
        """Of the error, or ''."""
        return self.error.code if self.error else ""


async def listen(backend: Backend, messages: Sequence[ChatMessage] = QUESTION, stop: Sequence[str] = ()) -> Heard:
    """All deltas, and the DocmindError if there was one."""
    heard = Heard()
    try:
        async for delta in backend.stream(messages, stop):
            heard.deltas.append(delta)
    except DocmindError as error:
        heard.error = error
    return heard
