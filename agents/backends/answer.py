"""What has come of one answer of a model server: cleaned, its thinking apart, and whole or not."""

from collections.abc import Sequence
from typing import Any, Protocol

from llama_index.core.llms import ChatMessage, ChatResponse

from ..errors import Code, DocmindError
from ..records import Usage
from ..text import StreamCleaner, StreamRedactor, clean, one_line
from ..tokens import estimate
from .base import Delta
from .echo import EchoFilter
from .failures import WORDS_LIMIT
from .thinking import ThinkSplitter

CHARS_PER_TOKEN = 12
"""More characters than this for each of max_tokens, and the server does not heed it: no language comes near."""


class Wire(Protocol):
    """What a kind knows about its chunks."""

    def ended(self, raw: Any) -> bool: ...

    def usage(self, raw: Any) -> Usage | None: ...

    def refusal(self, raw: Any) -> str: ...

    def whole(self, raw: Any) -> bool: ...

    def cut(self, raw: Any) -> bool: ...


class Answer:
    """Makes Deltas of LlamaIndex's chunks. `name` is the profile's, `key` must not appear, `most` is in tokens.

    `beginning` is what the server goes on with, which some servers repeat first.
    """

    def __init__(self, wire: Wire, name: str, key: str, most: int, beginning: str = "") -> None:
        self._wire, self._name, self._left = wire, clean(name), CHARS_PER_TOKEN * most
        self._splitter = ThinkSplitter()
        self._text, self._thinking = _Channel(key), _Channel(key)
        self._usage: Usage | None = None
        self._continued, self._echo = bool(beginning), EchoFilter(beginning)
        self._refusal = ""
        self.ended = self._whole = self._cut = False

    def take(self, chunk: ChatResponse) -> list[Delta]:
        """The deltas of a chunk: none, or one with text or thinking. Raises DocmindError (INVALID_RESPONSE)."""
        self.ended = self.ended or self._wire.ended(chunk.raw)
        self._usage = self._wire.usage(chunk.raw) or self._usage
        self._refusal += self._wire.refusal(chunk.raw)
        self._whole = self._whole or self._wire.whole(chunk.raw)
        self._cut = self._cut or self._wire.cut(chunk.raw)
        text, inline = self._splitter.feed(chunk.delta or "")
        thinking = (chunk.additional_kwargs.get("thinking_delta") or "") + inline
        self._left -= len(text) + len(thinking)
        if self._left < 0:
            raise self._endless()
        return self._delta(self._echo.feed(self._text.feed(text)), self._thinking.feed(thinking))

    def finish(self, messages: Sequence[ChatMessage]) -> list[Delta]:
        """What was held back, and the usage. Raises DocmindError (INVALID_RESPONSE) when the answer is not whole."""
        text, thinking = self._splitter.close()
        last = self._echo.feed(self._text.close(text)) + self._echo.close()
        rest = self._delta(last, self._thinking.close(thinking))
        if self._refusal:
            message = f"{self._name} refuses to answer: {one_line(clean(self._refusal), WORDS_LIMIT)}"
            raise DocmindError(Code.REFUSAL, message, "Ask in other words, or use another profile.")
        if not self.ended and (self._text.said or self._thinking.said):
            raise _invalid(f"{self._name} broke off: the answer ended without its end marker.", "Look into its log.")
        if not self._text.said and not (self._continued and self.ended):  # it may have had nothing to add
            raise self._empty()
        return [*rest, Delta(usage=self._usage or self._estimated(messages), cut=self._cut)]

    def _delta(self, text: str, thinking: str) -> list[Delta]:
        return [Delta(text=text, thinking=thinking, whole=self._whole)] if text or thinking else []

    def _endless(self) -> DocmindError:
        hint = "Look into its log, or use another server."
        failure = _invalid(f"{self._name} goes on far beyond max_tokens.", hint)
        failure.endless = True
        return failure

    def _empty(self) -> DocmindError:
        if self._thinking.said:
            hint = "Raise max_tokens in the profile, or turn its thinking off."
            return _invalid(f"{self._name} thought, but gave no answer.", hint)
        hint = "The prompt may be larger than its context window: set context lower."
        failure = _invalid(f"{self._name} gave an empty answer.", hint)
        failure.empty = True
        return failure

    def _estimated(self, messages: Sequence[ChatMessage]) -> Usage:
        prompt = sum(estimate(message.content or "") for message in messages)
        said = "".join(self._text.said + self._thinking.said)
        return Usage(prompt_tokens=prompt, completion_tokens=estimate(said), estimated=True)


class _Channel:
    """Text or thinking: cleaned, and without the key, which a server may echo."""

    def __init__(self, key: str) -> None:
        self._cleaner, self._redactor = StreamCleaner(), StreamRedactor(key)
        self.said: list[str] = []

    def feed(self, text: str) -> str:
        return self._note(self._redactor.feed(self._cleaner.feed(text)))

    def close(self, last: str) -> str:
        cleaned = self._cleaner.feed(last) + self._cleaner.close()
        return self._note(self._redactor.feed(cleaned) + self._redactor.close())

    def _note(self, text: str) -> str:
        if text:
            self.said.append(text)
        return text


def _invalid(message: str, hint: str) -> DocmindError:
    return DocmindError(Code.INVALID_RESPONSE, message, hint)
