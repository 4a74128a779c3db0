"""Kind `hosted`: any LlamaIndex LLM class, in a child process: what blocks, prints or crashes there harms nothing here.

The class is made with the first call, and anew with the next one after a crash, or after an answer was left that the
class could not be stopped in.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, NoReturn

from llama_index.core.llms import ChatMessage, ChatResponse, ChatResponseAsyncGen, CustomLLM, LLMMetadata
from pydantic import PrivateAttr

from ..errors import Code, DocmindError
from ..hardware.taken import taken
from ..records import Usage
from ..settings import Profile
from ..text import clean
from ..views import Load, LoadedModel, View
from .base import Health
from .failures import ON_GPU
from .hosted_checks import HostedClass
from .hosted_failures import ended, failed, too_slow
from .hosted_process import Host, HostedError, HostEnded, Message
from .hosted_smaller import smaller_class
from .llamaindex import LlamaIndexBackend
from .server import LARGEST_CONTEXT

Call = Callable[[Message], AsyncGenerator[Message, None]]


class Hosted(HostedClass, LlamaIndexBackend):
    """`options` are the arguments of the class."""

    child: Host | None = None
    _loaded = LoadedModel(model="")
    _window = 0
    """Of the running child's LLM, in tokens."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._starting, self._turn = asyncio.Lock(), asyncio.Lock()

    @property
    def place(self) -> str:
        """The class."""
        return clean(self.profile.class_)

    @property
    def cold(self) -> bool:
        """Until the child runs."""
        return not (self.child and self.child.alive)

    @property
    def unstreamed(self) -> bool:
        """As far as that is known."""
        return not self.streams

    async def context(self) -> int:
        """The profile's, else the LLM's metadata's, of a running child. Raises DocmindError."""
        return self.profile.context or (await self.known())[1]

    async def facts(self) -> tuple[str, int]:
        """Of the running child."""
        return await self.model(), min(LARGEST_CONTEXT, self._window)

    async def list_models(self) -> list[str]:
        """One class, one model."""
        return await self.models()

    async def known(self) -> tuple[str, int]:
        """The facts of a running child. Raises DocmindError."""
        try:
            await self._start()
        except (HostedError, HostEnded) as error:
            raise await self.explain(error) from error
        return await super().known()

    async def health(self) -> Health:
        """Ready when it could start; makes no LLM."""
        return Health(state="loading") if self._starting.locked() else await super().health()

    async def probe(self) -> Health:
        """The same."""
        return await self.health()

    async def loading(self) -> bool:
        """While the class is imported and made."""
        return self._starting.locked()

    async def prepare(
        self, messages: Sequence[ChatMessage], stop: Sequence[str]
    ) -> "tuple[HostedLLM, Sequence[ChatMessage]]":
        """The LLM on this side of the pipes."""
        return HostedLLM(self._call, stop), messages

    def ended(self, raw: Any) -> bool:
        """The child says so."""
        return "done" in raw

    def usage(self, raw: Any) -> Usage | None:
        """LlamaIndex has no common way to tell: it is estimated."""
        return None

    def whole(self, raw: Any) -> bool:
        """The child says that it cannot stream."""
        return "whole" in raw

    async def smaller(self, least: int, error: DocmindError) -> Profile | None:
        """What the class allows; the child is ended before the memory is read."""
        async with self._starting:
            await self._end_child()
        on_gpu = bool(ON_GPU.search(error.message))
        return await asyncio.to_thread(smaller_class, self.profile, self._window, least, on_gpu=on_gpu)

    async def _call(self, request: Message) -> AsyncGenerator[Message, None]:
        """One at a time: few classes bear two at once. Raises DocmindError, HostedError, HostEnded."""
        async with self._turn:
            child = await self._start()
            try:
                async with aclosing(child.call(request)) as messages:
                    async for message in messages:
                        self.streams = child.streams
                        yield message
            except HostedError as error:
                failure = failed(self.name, self.profile, error, self.key)
                if failure.code != Code.CONTEXT_OVERFLOW:
                    await child.end()  # who knows in which state the error left it: vLLM's engine may be dead
                raise failure from error

    async def _start(self) -> Host:
        """A child that can take a call. Raises DocmindError, HostedError, HostEnded."""
        async with self._starting:
            if self.child and await self.child.settled():
                return self.child
            await self._end_child()
            await self.alive()
            began = time.perf_counter()
            child = await Host.start(f"{__package__}.hosted_child", self._config())
            try:
                async with asyncio.timeout(self.profile.timeouts.loading):
                    self._window = (await child.receive())["window"]
            except BaseException as error:  # cancelled, too: nobody else knows the child
                await asyncio.shield(child.end())
                if isinstance(error, TimeoutError):
                    raise too_slow(self.name, self.profile) from error
                raise
            self.child = child
            await self._note(time.perf_counter() - began)
            return child

    async def _note(self, seconds: float) -> None:
        """What was loaded. No class tells where to: what the process took is measured."""
        assert self.child
        size, vram = await asyncio.to_thread(taken, self.child.process.pid)
        self._loaded = LoadedModel(model=await self.model(), size=size, vram=vram, gpu_percent=0 if vram == 0 else None)
        told = {"size": size, "vram": vram, "gpu_percent": self._loaded.gpu_percent}
        self.note_load(Load(profile=self.name, model=self._loaded.model, at=time.time(), seconds=seconds, **told))

    @property
    def warms_up(self) -> bool:
        """Unless the class may ask another machine."""
        return not self.profile.allow_remote

    async def load(self) -> None:
        """Make the LLM. Raises DocmindError."""
        with self.idle:
            await self.known()

    async def unload(self) -> None:
        """End the child."""
        async with self._starting:
            if not self.busy:
                await self._end_child()

    async def inside(self) -> View:
        """The process."""
        return View(loaded=[] if self.cold else [self._loaded])

    def _config(self) -> dict[str, Any]:
        profile = self.profile
        return {
            "class": profile.class_,
            "options": profile.options,
            "model": profile.model,
            "context": profile.context,
            "max_tokens": profile.max_tokens,
            "key": self.key,
            "remote": profile.allow_remote,
        }

    async def explain(self, error: Exception) -> DocmindError:
        """What an error means to the user; ends what is left of a child that has ended."""
        if isinstance(error, HostedError):
            return failed(self.name, self.profile, error, self.key)
        if isinstance(error, HostEnded):
            await error.child.end()
            return ended(self.name, self.profile, error.child, self.key)
        return await super().explain(error)

    async def _end_child(self) -> None:
        if self.child:
            await self.child.end()
            self.child = None

    async def aclose(self) -> None:
        """End the child, also one that is just starting."""
        await super().aclose()
        async with self._starting:
            await self._end_child()


class HostedLLM(CustomLLM):
    """Stands for the LLM in the child. Each response carries its own piece, and the child's message as `raw`."""

    _call: Call = PrivateAttr()
    _stop: list[str] = PrivateAttr()

    def __init__(self, call: Call, stop: Sequence[str]) -> None:
        super().__init__()
        self._call, self._stop = call, list(stop)

    @property
    def metadata(self) -> LLMMetadata:
        """The backend knows the window."""
        return LLMMetadata(model_name="hosted", is_chat_model=True)

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """The answer to `messages`. Raises DocmindError, HostedError and HostEnded while iterating."""
        said = [(message.role.value, message.content or "") for message in messages]
        return self._responses({"messages": said, "stop": self._stop})

    async def _responses(self, request: Message) -> AsyncGenerator[ChatResponse, None]:
        async with aclosing(self._call(request)) as messages:
            async for message in messages:
                text, thinking = message.get("text", ""), message.get("thinking", "")
                yield ChatResponse(
                    message=ChatMessage(role="assistant", content=text),
                    delta=text,
                    additional_kwargs={"thinking_delta": thinking} if thinking else {},
                    raw=message,
                )

    def complete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not used: docmind only streams."""
        raise NotImplementedError

    stream_complete = complete
