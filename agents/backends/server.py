"""A model server, asked about itself over plain HTTP. Needs no LlamaIndex, so that looking at profiles is quick."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable
from contextlib import suppress
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import httpx
import msgspec

from ..errors import Code, DocmindError
from ..text import clean
from ..views import View
from .base import Checkable, Health
from .failures import as_docmind_error
from .hosts import check_url, shown
from .http import Transport, client_options

T = TypeVar("T")
LARGEST_CONTEXT = 8192
"""Default limit of the context window, in tokens: room for an agent's steps, and the KV cache stays small."""
MODELS_SHOWN = 8
"""Names listed when a model is missing."""
MAY_BE_ANOTHER = {
    Code.UNAVAILABLE,
    Code.BROKEN,
    Code.CRASHED,
    Code.NOT_READY,
    Code.MODEL_NOT_FOUND,
    Code.CONTEXT_OVERFLOW,
    Code.INVALID_RESPONSE,
}
"""After these another server, model or window may be at the same address. One that is slow, or fails, is the same."""
HTTP_PORTS = {"http": 80, "https": 443}


class Server(Checkable):
    """What it told is remembered until a failure says that it may be another one."""

    default_url: ClassVar[str] = ""
    _facts: tuple[str, int] | None = None
    """Model and context window."""
    transport: Transport | None = None
    """Under `http`, once that is open."""

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

    @property
    def url(self) -> httpx.URL:
        """Where to connect. Raises DocmindError (CONFIG, REMOTE_REFUSED)."""
        return check_url(self.name, self.profile, self.default_url)

    @property
    def place(self) -> str:
        """What messages name as the address."""
        return shown(self.url)

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """Opened when first used. Raises DocmindError (CONFIG, REMOTE_REFUSED)."""
        options = client_options(self.url, self.key, self.profile.timeouts)
        self.transport = options["transport"]
        return httpx.AsyncClient(**options)

    async def alive(self) -> None:
        """Connects, and closes again. Raises DocmindError."""
        try:
            url = self.url
            async with asyncio.timeout(self.profile.timeouts.connect):
                _, writer = await asyncio.open_connection(url.host, url.port or HTTP_PORTS[url.scheme])
            writer.close()
            with suppress(OSError):  # it was alive, however the connection ends
                await writer.wait_closed()
        except OSError as error:  # TimeoutError is one
            late = isinstance(error, TimeoutError)
            raise await self.explain(httpx.ConnectTimeout("") if late else httpx.ConnectError("")) from error

    async def health(self) -> Health:
        """A cheap probe; never raises."""
        try:
            async with asyncio.timeout(self.profile.timeouts.connect):
                return await self.probe()
        except Exception as error:
            failure = await self.explain(error)
            return Health(state="down", detail=failure.message, code=failure.code, hint=failure.hint)

    async def models(self) -> list[str]:
        """Names of the models that can be asked for. Raises DocmindError."""
        return [clean(name) for name in await self.in_time(self.list_models())]

    async def model(self) -> str:
        """The model in use: the profile's, else the first that the server lists. Raises DocmindError."""
        return self.profile.model or (await self.known())[0]

    async def context(self) -> int:
        """Context window in tokens: the profile's, else the server's (at most 8192). Raises DocmindError."""
        return self.profile.context or (await self.known())[1]

    @property
    def window(self) -> int:
        """The profile's, else what the server told when it was last asked."""
        return self.profile.context or (self._facts[1] if self._facts else 0)

    async def known(self) -> tuple[str, int]:
        """The facts, asked for once. Raises DocmindError."""
        if self._facts is None:
            self._facts = await self.in_time(self.facts())
        return self._facts

    async def in_time(self, told: Awaitable[T]) -> T:
        """What the server tells of itself. Raises DocmindError, also where that takes longer than a first token."""
        try:
            async with asyncio.timeout(self.profile.timeouts.first_token):
                return await told
        except Exception as error:
            raise await self.explain(error) from error

    async def inside(self) -> View:
        """What `view` gives. Raises library errors."""
        return View()

    async def view(self) -> View:
        """Empty where the server does not tell, or not in time."""
        try:
            async with asyncio.timeout(self.profile.timeouts.connect):
                seen = await self.inside()
        except Exception:
            seen = View()
        return msgspec.structs.replace(seen, profile=self.name)

    async def still_loading(self) -> bool:
        """`loading`, or False where the server cannot say so; never raises."""
        try:
            async with asyncio.timeout(self.profile.timeouts.connect):
                return await self.loading()
        except Exception:
            return False

    def forget(self) -> None:
        """What the server told."""
        self._facts = None

    async def explain(self, error: Exception) -> DocmindError:
        """The DocmindError for a library's error, with the models that there are when one is missing."""
        failure = error if isinstance(error, DocmindError) else await self._understood(error)
        if failure.code in MAY_BE_ANOTHER:
            self.forget()
        return failure

    async def _understood(self, error: Exception) -> DocmindError:
        failure = as_docmind_error(error, clean(self.name), self.place, self.profile.model, self.key)
        if failure.code == Code.MODEL_NOT_FOUND:
            failure.hint = await self.model_hint()
        return failure

    async def model_hint(self) -> str:
        """Which models there are; never raises."""
        try:
            async with asyncio.timeout(self.profile.timeouts.connect):
                names = [clean(name) for name in await self.list_models()]
        except Exception:
            names = []
        listed = ", ".join(names[:MODELS_SHOWN]) + (" ..." if len(names) > MODELS_SHOWN else "")
        return f"It has: {listed}. Set model in the profile to one of them." if names else "Set model in the profile."

    async def ask(self, url: httpx.URL, body: dict[str, Any] | None = None) -> Any:
        """The JSON at a URL; with a body, by POST. Raises httpx errors, ValueError."""
        response = await (self.http.get(url) if body is None else self.http.post(url, json=body))
        return response.raise_for_status().json()

    async def aclose(self) -> None:
        """Close the connections."""
        if "http" in self.__dict__:
            await self.http.aclose()


def below(url: httpx.URL, path: str) -> httpx.URL:
    """`url` with `path` appended to its own."""
    return url.copy_with(path=url.path.rstrip("/") + path)
