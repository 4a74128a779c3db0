"""What the kinds that speak through a LlamaIndex LLM share: the one loop that reads, checks and times a stream."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, Sequence
from typing import Any, ClassVar

import httpx
from llama_index.core.llms import LLM, ChatMessage, ChatResponse

from ..errors import Code, DocmindError
from ..records import Usage
from ..text import clean
from .answer import Answer
from .base import Backend, Delta, Health
from .deadline import Deadline
from .failures import as_docmind_error
from .hosts import check_url, shown

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
            return Health(state="down", detail=failure.message, code=failure.code, hint=failure.hint)

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
        deadline, answer = Deadline(self.profile.timeouts), self._answer()
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

    def _answer(self) -> Answer:
        return Answer(self, self.name, self.key, self.profile.max_tokens)

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
