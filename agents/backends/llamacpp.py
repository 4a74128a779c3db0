"""Kind `llamacpp`: a GGUF file, run by llama.cpp's server in a child process and spoken to as OpenAI-compatible."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

from ..errors import Code, DocmindError
from ..hardware.fit.profiles import gpu_layers
from ..hardware.fit.smaller import smaller
from ..settings import Profile
from ..text import clean
from ..views import Load, LoadedModel, View
from .base import Health
from .child import Child
from .failures import MEMORY, ON_GPU
from .flavours import BY_NAME, Flavour
from .gguf import GgufFile
from .llamacpp_log import placed
from .openai import OpenAI
from .server import LARGEST_CONTEXT


class LlamaCpp(GgufFile, OpenAI):
    """The child starts with the first call, and again with the next one after a crash."""

    child: Child | None = None
    _placed = LoadedModel(model="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = secrets.token_urlsafe(32)  # other users of this machine can reach the port, too
        self._starting = asyncio.Lock()

    @property
    def url(self) -> httpx.URL:
        """Of the child; another one after each start."""
        return httpx.URL(self.child.url if self.child else "http://127.0.0.1")

    @property
    def place(self) -> str:
        """The file."""
        return clean(str(self.path))

    @property
    def cold(self) -> bool:
        """Until the child runs."""
        return not (self.child and self.child.alive)

    async def context(self) -> int:
        """As llama.cpp set it: it lowers a window that is larger than the model was trained for."""
        return (await self.known())[1]

    async def known(self) -> tuple[str, int]:
        """The facts of a running child. Raises DocmindError."""
        await self._start()
        return await super().known()

    async def flavour(self) -> Flavour:
        """Known without asking."""
        return BY_NAME["llama-server"]

    async def prepare(
        self, messages: Sequence[ChatMessage], stop: Sequence[str]
    ) -> tuple[OpenAILike, Sequence[ChatMessage]]:
        """The LlamaIndex LLM for a running child."""
        await self._start()
        return await super().prepare(messages, stop)

    async def probe(self) -> Health:
        """Ready when it could start; loads no model."""
        self.check()
        return Health(state="loading" if self._starting.locked() else "ready")

    async def loading(self) -> bool:
        """While the child starts."""
        return self._starting.locked()

    async def smaller(self, least: int, error: DocmindError) -> Profile | None:
        """All rungs; the child is ended before the memory is read."""
        async with self._starting:
            await self._end_child()
        on_gpu = bool(ON_GPU.search(error.message))
        return await asyncio.to_thread(smaller, self.profile, least, on_gpu=on_gpu)

    async def _start(self) -> None:
        """Make sure that a child runs. Raises DocmindError (MODEL_FILE, CRASHED, PACKAGE_MISSING, TIMEOUT)."""
        async with self._starting:
            if self.child and self.child.alive:
                return
            self.check()
            await self._end_child()
            began = time.perf_counter()
            config = self._config() | {"gpu_layers": await asyncio.to_thread(gpu_layers, self.profile)}
            child = await Child.start(f"{__package__}.llamacpp_child", config)
            try:
                async with asyncio.timeout(self.profile.timeouts.loading):
                    if not await child.ready():
                        raise self._failure(child)
            except BaseException:  # cancelled, too: nobody else knows the child
                await asyncio.shield(child.end())
                raise
            self.child = child
            await self._note(time.perf_counter() - began)

    async def _note(self, seconds: float) -> None:
        """What was loaded, and where."""
        assert self.child
        self._placed = here = placed(await self.child.placement(), clean(self.path.stem))
        told = {"size": here.size, "vram": here.vram, "gpu_percent": here.gpu_percent}
        self.note_load(Load(profile=self.name, model=here.model, at=time.time(), seconds=seconds, **told))

    @property
    def warms_up(self) -> bool:
        """It costs nothing but time."""
        return True

    async def load(self) -> None:
        """Start the child. Raises DocmindError."""
        with self.idle:
            await self._start()

    async def unload(self) -> None:
        """End the child."""
        async with self._starting:
            if not self.busy:
                await self._end_child()

    async def inside(self) -> View:
        """Where llama.cpp put the model when it loaded it, and what it does."""
        if self.cold:
            return View(loaded=[])
        seen = await super().inside()
        mine = msgspec.structs.replace(self._placed, model=await self.model())
        return View(loaded=[mine], traffic=seen.traffic)

    def _config(self) -> dict[str, Any]:
        profile = self.profile
        return {
            "path": str(self.path),
            "alias": clean(self.path.stem),
            "key": self.key,
            "context": profile.context or LARGEST_CONTEXT,
            "gpu_layers": profile.gpu_layers,
            "kv_cache": profile.kv_cache,
            "threads": profile.threads,
        }

    def _failure(self, child: Child) -> DocmindError:
        """Why the child ended."""
        told = "the operating system ended it" if child.killed_for_memory else child.says(MEMORY)
        if told:
            message = f"{clean(self.name)}: {self.place} does not fit into memory ({told})."
            hint = 'Set a smaller context, fewer gpu_layers or kv_cache = "q8_0", or take a smaller model.'
            return DocmindError(Code.OUT_OF_MEMORY, message, hint)
        if child.crashed:
            message = f"{clean(self.name)}: llama.cpp crashed with {self.place} ({child.report()})."
            hint = "The file may be damaged, or memory too small: try a smaller model, context or gpu_layers."
            return DocmindError(Code.CRASHED, message, hint)
        message = f"{clean(self.name)}: llama.cpp cannot load {self.place} ({child.report()})."
        return DocmindError(Code.MODEL_FILE, message, "Download the file again, or take one that llama.cpp supports.")

    async def explain(self, error: Exception) -> DocmindError:
        failure = await super().explain(error)
        lost = failure.code in (Code.UNAVAILABLE, Code.BROKEN) and self.child is not None and await self.child.died()
        return self._failure(self.child) if lost and self.child else failure

    async def _end_child(self) -> None:
        if self.child:
            await self.child.end()
            self.child = None
            self.__dict__.pop("client", None)  # it knows the old port
            self.forget()

    async def aclose(self) -> None:
        """End the child, also one that is just starting, and close the connections."""
        await super().aclose()
        async with self._starting:
            await self._end_child()
