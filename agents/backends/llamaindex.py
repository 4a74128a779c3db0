"""What the kinds that speak through a LlamaIndex LLM share: the one loop that reads, checks and times a stream."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, Sequence
from typing import Any, ClassVar

import httpx
from llama_index.core.llms import LLM, ChatMessage, ChatResponse

from ..errors import Code, DocmindError
from ..protocol import Usage
from ..text import StreamCleaner, clean
from ..tokens import estimate
from .base import Backend, Delta, Health
from .deadline import Deadline
from .failures import as_docmind_error
from .hosts import check_url, shown
from .thinking import ThinkSplitter

LARGEST_CONTEXT = 8192
"""Default limit of the context window, in tokens: room for an agent's steps, and the KV cache stays small."""
MODELS_SHOWN = 8
"""Names listed when a model is missing."""

Item = ChatResponse | DocmindError | None
"""What the reading task hands over: a chunk, the failure, or the end."""


class LlamaIndexBackend(Backend):
    """A server, or a child that is one, asked through LlamaIndex."""

    default_url: ClassVar[str] = ""
    _facts: tuple[str, int] | None = None
    """Model and context window as the server told them; asked for again after a failure."""

    @abstractmethod
    async def llm(self, stop: Sequence[str] = ()) -> LLM:
        """The LlamaIndex LLM for the next call. Raises DocmindError or library errors."""

    @abstractmethod
    async def facts(self) -> tuple[str, int]:
        """(model, context window in tokens). Raises DocmindError or library errors."""

    @abstractmethod
    async def list_models(self) -> list[str]:
        """The models at the server. Raises library errors."""

    @abstractmethod
    async def probe(self) -> Health:
        """Health by a cheap request. Raises library errors."""

    @abstractmethod
    async def loading(self) -> bool:
        """Whether a call waits because the model is still being loaded. Raises library errors."""

    @abstractmethod
    def ended(self, raw: Any) -> bool:
        """Whether this chunk holds the wire's end marker."""

    @abstractmethod
    def usage(self, raw: Any) -> Usage | None:
        """The token counts in this chunk."""

    @property
    def url(self) -> httpx.URL:
        """Where to connect. Raises DocmindError (CONFIG, REMOTE_REFUSED)."""
        return check_url(self.name, self.profile, self.default_url)

    @property
    def place(self) -> str:
        """What messages name as the address."""
        return shown(self.url)

    async def health(self) -> Health:
        """A cheap probe; never raises."""
        try:
            async with asyncio.timeout(self.profile.timeouts.connect):
                return await self.probe()
        except Exception as error:
            failure = await self._explain(error)
            return Health(state="down", detail=failure.message, code=failure.code)

    async def models(self) -> list[str]:
        """Names of the models that can be asked for. Raises DocmindError."""
        try:
            async with asyncio.timeout(self.profile.timeouts.first_token):
                return [clean(name) for name in await self.list_models()]
        except Exception as error:
            raise await self._explain(error) from error

    async def model(self) -> str:
        """The model in use: the profile's, else the first that the server lists. Raises DocmindError."""
        return self.profile.model or (await self._known())[0]

    async def context(self) -> int:
        """Context window in tokens: the profile's, else the server's (at most 8192). Raises DocmindError."""
        return self.profile.context or (await self._known())[1]

    async def _known(self) -> tuple[str, int]:
        if self._facts is None:
            try:
                async with asyncio.timeout(self.profile.timeouts.first_token):
                    self._facts = await self.facts()
            except Exception as error:
                raise await self._explain(error) from error
        return self._facts

    async def stream(self, messages: Sequence[ChatMessage], stop: Sequence[str] = ()) -> AsyncGenerator[Delta, None]:
        """The answer to `messages`; leaving it early frees the server. Raises DocmindError, before or after text."""
        queue: asyncio.Queue[Item] = asyncio.Queue()
        deadline, answer = Deadline(self.profile.timeouts), _Answer(self)
        # Only cancelling the task that reads closes the connection at once; closing the generator does not.
        reader = asyncio.create_task(self._read(messages, stop, queue))
        try:
            while chunk := await self._next(queue, deadline):
                for delta in answer.take(chunk):
                    yield delta
                    deadline.heard()  # now, so that a reader who takes his time does not count as silence
            for delta in answer.finish(messages):
                yield delta
        finally:
            reader.cancel()
            await asyncio.wait([reader])

    async def _read(self, messages: Sequence[ChatMessage], stop: Sequence[str], queue: asyncio.Queue[Item]) -> None:
        try:
            llm = await self.llm(stop)
            async for chunk in await llm.astream_chat(messages):
                queue.put_nowait(chunk)  # no await in this loop: the task must be cancelled inside the connection
            queue.put_nowait(None)
        except Exception as error:
            queue.put_nowait(await self._explain(error))

    async def _next(self, queue: asyncio.Queue[Item], deadline: Deadline) -> ChatResponse | None:
        while queue.empty():
            try:
                async with asyncio.timeout(deadline.left()):
                    item = await queue.get()
                break
            except TimeoutError:
                await deadline.passed(clean(self.name), self._still_loading)
        else:
            item = queue.get_nowait()
        if isinstance(item, DocmindError):
            raise item
        return item

    async def _still_loading(self) -> bool:
        try:
            async with asyncio.timeout(self.profile.timeouts.connect):
                return await self.loading()
        except Exception:
            return False  # a server that cannot say that it loads gets no more time

    async def _explain(self, error: Exception) -> DocmindError:
        """The DocmindError for a library's error, with the models that there are when one is missing."""
        self._facts = None
        if isinstance(error, DocmindError):
            return error
        failure = as_docmind_error(error, clean(self.name), self.place, self.profile.model, self.key)
        if failure.code == Code.MODEL_NOT_FOUND:
            failure.hint = await self._model_hint()
        return failure

    async def _model_hint(self) -> str:
        try:
            names = [clean(name) for name in await self.list_models()]
        except Exception:
            names = []
        listed = ", ".join(names[:MODELS_SHOWN]) + (" ..." if len(names) > MODELS_SHOWN else "")
        return f"It has: {listed}. Set model in the profile to one of them." if names else "Set model in the profile."


class _Answer:
    """What has come of one answer; makes Deltas of LlamaIndex's chunks."""

    def __init__(self, backend: LlamaIndexBackend) -> None:
        self.backend, self.splitter = backend, ThinkSplitter()
        self.cleaners = StreamCleaner(), StreamCleaner()
        self.usage: Usage | None = None
        self.ended = False
        self.text: list[str] = []
        self.thinking: list[str] = []

    def take(self, chunk: ChatResponse) -> list[Delta]:
        """The deltas of a chunk: none, or one with text or thinking."""
        self.ended = self.ended or self.backend.ended(chunk.raw)
        self.usage = self.backend.usage(chunk.raw) or self.usage
        text, inline = self.splitter.feed(chunk.delta or "")
        thinking = (chunk.additional_kwargs.get("thinking_delta") or "") + inline
        return self._clean(self.cleaners[0].feed(text), self.cleaners[1].feed(thinking))

    def _clean(self, text: str, thinking: str) -> list[Delta]:
        self.text += [text] * bool(text)
        self.thinking += [thinking] * bool(thinking)
        return [Delta(text=text, thinking=thinking)] if text or thinking else []

    def finish(self, messages: Sequence[ChatMessage]) -> list[Delta]:
        """What was held back, and the usage. Raises DocmindError (INVALID_RESPONSE) when the answer is not whole."""
        text, thinking = self.splitter.close()
        text = self.cleaners[0].feed(text) + self.cleaners[0].close()
        rest = self._clean(text, self.cleaners[1].feed(thinking) + self.cleaners[1].close())
        name = clean(self.backend.name)
        if not self.ended and (self.text or self.thinking):
            raise _invalid(f"{name} broke off: the answer ended without its end marker.", "Look into its log.")
        if not self.text:
            raise _invalid(*self._empty(name))
        return [*rest, Delta(usage=self.usage or self._estimate(messages))]

    def _empty(self, name: str) -> tuple[str, str]:
        if self.thinking:
            return f"{name} thought, but gave no answer.", "Raise max_tokens in the profile, or turn its thinking off."
        return f"{name} gave an empty answer.", "The prompt may be larger than its context window: set context lower."

    def _estimate(self, messages: Sequence[ChatMessage]) -> Usage:
        prompt = sum(estimate(message.content or "") for message in messages)
        completion = estimate("".join(self.text + self.thinking))
        return Usage(prompt_tokens=prompt, completion_tokens=completion, estimated=True)


def _invalid(message: str, hint: str) -> DocmindError:
    return DocmindError(Code.INVALID_RESPONSE, message, hint)
