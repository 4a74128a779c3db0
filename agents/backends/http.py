"""The HTTP client under both wires: no proxies, no redirects, no foreign keys, and no misread replies."""

import asyncio
import importlib
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec

from ..settings import Timeouts

# httpx imports these inside the first request, where they would hold the event loop for 0.1 s.
for module in ("httpcore", "anyio._backends._asyncio"):
    importlib.import_module(module)

WHOLE = "chat.completion"
"""The `object` of an answer that was not streamed."""
NO_STREAM = (400, 405, 422, 501)
"""Statuses with which a server may refuse to stream."""
HEADERS = {"host", "connection", "user-agent", "accept", "accept-encoding", "content-type", "content-length"}
"""All that a server needs to be told."""
PIECE = 4096
"""Bytes of a body that are handed on at once: about 20 events."""


def client_options(url: httpx.URL, key: str, timeouts: Timeouts) -> dict[str, Any]:
    """Arguments for an httpx.AsyncClient that speaks to the server at `url`.

    Proxies of the environment are not used: a socket goes to the declared host or nowhere. Silence is timed where the
    stream is read, so here only connecting and sending are.
    """
    # The system's certificates take 30 ms to load; plain http needs none.
    verify: Any = ssl.create_default_context() if url.scheme == "https" else False
    return {
        "transport": Transport(verify=verify),
        "trust_env": False,
        "follow_redirects": False,
        "timeout": httpx.Timeout(None, connect=timeouts.connect, write=timeouts.stall),
        "auth": _only_own(key),
    }


def _only_own(key: str) -> Callable[[httpx.Request], httpx.Request]:
    """Sends the profile's key or none, and no header that the client libraries take from the environment or add.

    Such are OLLAMA_API_KEY, OPENAI_ORG_ID, OPENAI_CUSTOM_HEADERS and what tells of this machine.
    """

    def authorise(request: httpx.Request) -> httpx.Request:
        for name in {*request.headers} - HEADERS:
            del request.headers[name]
        if key:
            request.headers["Authorization"] = f"Bearer {key}"
        return request

    return authorise


class NotAModelServer(Exception):
    """The reply is a web page or a redirect; the text says which."""


class Transport(httpx.AsyncHTTPTransport):
    """Turns replies that the client libraries misread in silence into errors, or into what they expect."""

    unstreamed = False
    """Whether the server has refused to stream: then it is asked for whole answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response. Raises NotAModelServer."""
        if self.unstreamed and _wants_events(request):
            return await _as_events(await super().handle_async_request(_unstreamed(request)))
        response = await super().handle_async_request(request)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if response.is_redirect or (response.is_success and kind == "text/html"):
            await response.aclose()
            raise NotAModelServer("redirects elsewhere" if response.is_redirect else "answers with a web page")
        if _wants_events(request) and await _refuses_to_stream(response):
            self.unstreamed = True
            return await _as_events(await super().handle_async_request(_unstreamed(request)))
        if response.is_success and kind == "application/json" and _wants_events(request):
            return await _as_events(response)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = Pieces(response.stream)
        return response


class Pieces(httpx.AsyncByteStream):
    """A body in small pieces between which the event loop runs: reading 64 KiB of events takes the libraries 0.1 s."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self.stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self.stream:
                for start in range(0, len(part), PIECE):
                    yield part[start : start + PIECE]
                    await asyncio.sleep(0)
        finally:
            await self.stream.aclose()

    async def aclose(self) -> None:
        """Close the connection, or give it back when the body was read to its end."""
        await self.stream.aclose()


def _wants_events(request: httpx.Request) -> bool:
    return request.url.path.endswith("/chat/completions") and b'"stream":true' in request.content.replace(b" ", b"")


async def _refuses_to_stream(response: httpx.Response) -> bool:
    """Whether it is about streaming that the server complains."""
    return response.status_code in NO_STREAM and b"stream" in (await response.aread()).lower()


def _unstreamed(request: httpx.Request) -> httpx.Request:
    """The same request for one whole answer."""
    body = msgspec.json.decode(request.content) | {"stream": False}
    body.pop("stream_options", None)
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    return httpx.Request(
        request.method, request.url, headers=headers, content=msgspec.json.encode(body), extensions=request.extensions
    )


async def _as_events(response: httpx.Response) -> httpx.Response:
    """Some servers ignore `stream`: their whole answer becomes a stream of one event. Other JSON stays as it is."""
    body = await response.aread()
    await response.aclose()
    if response.is_error:
        return response
    try:
        answer = msgspec.json.decode(body)
        for choice in answer["choices"]:
            choice["delta"] = choice.pop("message")
    except (msgspec.DecodeError, KeyError, TypeError):
        return httpx.Response(response.status_code, content=b"data: " + body.replace(b"\n", b" ") + b"\n\n")
    answer["object"] = WHOLE
    events = b"data: " + msgspec.json.encode(answer) + b"\n\ndata: [DONE]\n\n"
    return httpx.Response(200, content=events, headers={"Content-Type": "text/event-stream"})
