"""What the kinds that speak through a LlamaIndex LLM share: the one loop that reads, checks and times a stream."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, Sequence
from functools import cached_property
from typing import Any, Literal

from llama_index.core.llms import LLM, ChatMessage, ChatResponse, MessageRole

from ..errors import Code, DocmindError
from ..records import Usage
from ..text import clean
from .answer import Answer
from .base import Backend, Delta
from .deadline import Deadline
from .idle import Idle
from .server import Server
from .trial import BEGINNING, QUESTION, SORRY, goes_on

LOOK_S = 0.5
"""Between two questions to a server that refuses them while it loads its model."""
Chunk = ChatResponse | Literal["loading"]
Item = Chunk | DocmindError | None
"""What the reading task hands over: a chunk, that the model is being loaded, the failure, or the end."""


class LlamaIndexBackend(Server, Backend):
    """A server, or a child that is one, asked through LlamaIndex."""

    _continues: bool | None = None
    """What the trial showed."""

    @cached_property
    def idle(self) -> Idle:
        """Its calls, and what follows when there are none."""
        return Idle(self.profile.keep_alive if self.own else None, self.unload)

    @property
    def busy(self) -> bool:
        """Also while the model is loaded for a call."""
        return self.idle.busy

    @property
    def holds_memory(self) -> bool:
        """While a child of docmind's own runs."""
        return self.own and not self.cold

    @abstractmethod
    async def prepare(self, messages: Sequence[ChatMessage], stop: Sequence[str]) -> tuple[LLM, Sequence[ChatMessage]]:
        """The LlamaIndex LLM for the next call and the messages for it. Raises DocmindError or library errors."""

    @property
    def unstreamed(self) -> bool:
        """Whether the next answer comes in one piece, as far as that is known."""
        return False

    @abstractmethod
    def ended(self, raw: Any) -> bool:
        """Whether this chunk holds the wire's end marker."""

    @abstractmethod
    def usage(self, raw: Any) -> Usage | None:
        """The token counts in this chunk."""

    def refusal(self, raw: Any) -> str:
        """The words in this chunk with which the server refuses to answer."""
        return ""

    def whole(self, raw: Any) -> bool:
        """Whether this chunk is an answer that was not streamed."""
        return False

    def cut(self, raw: Any) -> bool:
        """Whether this chunk says that the answer ends for want of tokens."""
        return False

    async def stream(self, messages: Sequence[ChatMessage], stop: Sequence[str] = ()) -> AsyncGenerator[Delta, None]:
        """The answer to `messages`, or what follows a last message of the assistant; leaving it early frees the server.

        Raises DocmindError, before or after text.
        """
        if self.unstreamed:
            yield Delta(whole=True)
        queue: asyncio.Queue[Item] = asyncio.Queue()
        deadline, answer = Deadline(self.profile.timeouts), self._answer(messages)
        # Only cancelling the task that reads closes the connection at once; closing the generator does not.
        reader = asyncio.create_task(self._read(messages, stop, queue))
        try:
            with self.idle:
                while chunk := await self._next_of(answer, queue, deadline):
                    if chunk == "loading":
                        yield Delta(loading=True)
                        continue
                    for delta in answer.take(chunk):
                        yield delta
                        deadline.heard()  # now, so that a reader who takes his time does not count as silence
                for delta in answer.finish(messages):
                    yield delta
        finally:
            reader.cancel()
            await asyncio.wait([reader])

    async def continues_when_tried(self) -> bool:
        """Whether the model goes on with an answer, tried once and remembered. Raises DocmindError."""
        if self._continues is None:
            messages = [ChatMessage(role="user", content=QUESTION), ChatMessage(role="assistant", content=BEGINNING)]
            try:
                self._continues = await goes_on(self.stream(messages))
            except DocmindError as error:
                if error.code not in SORRY:
                    raise
                self._continues = False
        return self._continues

    async def aclose(self) -> None:
        """Close the connections."""
        self.idle.close()
        await super().aclose()

    def forget(self) -> None:
        """The trial, too."""
        super().forget()
        self._continues = None

    def _answer(self, messages: Sequence[ChatMessage]) -> Answer:
        return Answer(self, self.name, self.key, self.profile.max_tokens, beginning(messages))

    async def _read(self, messages: Sequence[ChatMessage], stop: Sequence[str], queue: asyncio.Queue[Item]) -> None:
        """A server that refuses calls while it loads its model is asked again until it has; the deadline ends that."""
        told = False
        try:
            while not await self._read_once(messages, stop, queue):
                if not told:
                    queue.put_nowait("loading")
                told = True
                await asyncio.sleep(LOOK_S)
            queue.put_nowait(None)
        except Exception as error:
            queue.put_nowait(await self.explain(error))

    async def _read_once(
        self, messages: Sequence[ChatMessage], stop: Sequence[str], queue: asyncio.Queue[Item]
    ) -> bool:
        """False where the server is not ready, since it loads its model. Raises DocmindError or library errors."""
        try:
            llm, prompt = await self.prepare(messages, stop)
            async for chunk in await llm.astream_chat(prompt):
                queue.put_nowait(chunk)  # no await in this loop: the task must be cancelled inside the connection
        except Exception as error:
            failure = await self.explain(error)
            if failure.code == Code.NOT_READY and await self.still_loading():
                return False
            raise failure from error
        return True

    async def _next_of(self, answer: Answer, queue: asyncio.Queue[Item], deadline: Deadline) -> Chunk | None:
        """The next chunk. What breaks after the end marker takes nothing from the answer but the token counts."""
        if answer.ended:
            deadline.closing()
        try:
            return await self._next(queue, deadline)
        except DocmindError:
            if answer.ended:
                return None
            raise

    async def _next(self, queue: asyncio.Queue[Item], deadline: Deadline) -> Chunk | None:
        while queue.empty():
            try:
                async with asyncio.timeout(deadline.left()):
                    item = await queue.get()
                break
            except TimeoutError:
                await deadline.passed(clean(self.name), self.still_loading, self.unstreamed)
        else:
            item = queue.get_nowait()
        if isinstance(item, DocmindError):
            raise item
        return item


def beginning(messages: Sequence[ChatMessage]) -> str:
    """The text of a last message of the assistant, which is to be continued; else ''."""
    last = messages[-1] if messages else None
    return (last.content or "") if last and last.role == MessageRole.ASSISTANT else ""
