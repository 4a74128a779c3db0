"""Finding a LlamaIndex LLM class by its dotted name, and one call of such an LLM. Runs in the child process."""

import importlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from llama_index.core.llms import LLM, ChatMessage, ChatResponse

PIECE = 4096
"""Most characters of a message to the parent, which reads lines of at most 64 KiB."""

_NOT_IMPLEMENTED = re.compile(r"not[ _]?(implemented|supported)", re.IGNORECASE)

Message = dict[str, Any]


class NoClass(Exception):
    """The module has no LLM class of that name."""


def find_class(dotted: str) -> type[LLM]:
    """The class. Raises NoClass, or whatever importing its module may."""
    module, _, name = dotted.rpartition(".")
    found = getattr(importlib.import_module(module), name, None)
    if not (isinstance(found, type) and issubclass(found, LLM)):
        raise NoClass(f"{module} has no LLM class {name}")
    return found


def answer(llm: LLM, request: Message, arguments: Message) -> Iterator[Message]:
    """The messages of one call but the last. `arguments` go into the call. Raises whatever the class does."""
    messages = [ChatMessage(role=role, content=text) for role, text in request["messages"]]
    cutter = Cutter(request["stop"])
    responses, whole = _responses(llm, messages, arguments)
    if whole:
        yield {"whole": True}
    said = 0
    for response in responses:
        text = response.message.content or ""
        delta = text[said:] if response.delta is None else response.delta
        said = len(text)
        yield from _pieces(cutter.feed(delta), response.additional_kwargs.get("thinking_delta") or "")
        if cutter.cut:
            break
    yield from _pieces(cutter.close(), "")


def _responses(llm: LLM, messages: Sequence[ChatMessage], arguments: Message) -> tuple[Iterator[ChatResponse], bool]:
    """The stream; or the whole answer in one, and True, when the class says that it has no stream."""
    try:
        stream = iter(llm.stream_chat(messages, **arguments))
        first = next(stream, None)
    except Exception as error:
        if not isinstance(error, NotImplementedError) and not _NOT_IMPLEMENTED.search(str(error)):
            raise
        return _whole(llm, messages, arguments), True
    return _with_first(first, stream), False


def _whole(llm: LLM, messages: Sequence[ChatMessage], arguments: Message) -> Iterator[ChatResponse]:
    response = llm.chat(messages, **arguments)
    response.delta = None
    yield response


def _with_first(first: ChatResponse | None, rest: Iterator[ChatResponse]) -> Iterator[ChatResponse]:
    if first is not None:
        yield first
        yield from rest


def _pieces(text: str, thinking: str) -> Iterator[Message]:
    for start in range(0, max(len(text), len(thinking)), PIECE):
        yield {"text": text[start : start + PIECE], "thinking": thinking[start : start + PIECE]}


class Cutter:
    """Ends a text before the first stop sequence; fed with pieces, it holds back what may be the beginning of one."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = stop
        self._held = ""
        self.cut = False

    def feed(self, piece: str) -> str:
        """What is certain to come before a stop sequence."""
        text = self._held + piece
        ends = [at for sequence in self._stop if (at := text.find(sequence)) >= 0]
        self.cut = bool(ends)
        keep = min(ends) if ends else len(text) - self._beginning(text)
        self._held = "" if ends else text[keep:]
        return text[:keep]

    def close(self) -> str:
        """What was held back in vain."""
        held, self._held = self._held, ""
        return held

    def _beginning(self, text: str) -> int:
        """Length of the longest end of `text` that begins a stop sequence."""
        lengths = (n for sequence in self._stop for n in range(1, len(sequence)) if text.endswith(sequence[:n]))
        return max(lengths, default=0)
