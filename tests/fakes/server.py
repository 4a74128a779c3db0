"""A model server on a free loopback port, in its own threads: for sync and async tests and for subprocesses."""

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from typing import Any, Literal, Self

from .continuing import Asked, Way
from .faults import Fault
from .handler import Handler
from .wires import Reply

Message = dict[str, Any]
Script = Sequence[str | Reply] | Callable[[list[Message]], str | Reply]
Flavour = Literal["plain", "vllm", "llamacpp", "lmstudio", "llamafile", "sglang", "tabby", "tensorrt", "litellm"]


@dataclass(frozen=True)
class Request:
    """A request as it arrived; `at` is time.monotonic()."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float


@dataclass(frozen=True)
class Strike:
    """A fault that struck at time.monotonic() `at`, when `tokens` of the reply had been sent; `late`: and its end."""

    at: float
    tokens: int
    late: bool


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = False  # joined on close, so that no test leaves a socket behind
    request_queue_size = 64
    fake: "FakeServer"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave are part of the tests, mistakes of the server itself are not."""
        if not isinstance(sys.exc_info()[1], ConnectionError | ValueError):
            super().handle_error(request, client_address)


class FakeServer:
    """Answers /api/* as Ollama does and /v1/* as an OpenAI-compatible server of the given flavour does.

    `replies`: by ReAct step (see `reply_to`), or a function of the messages. `gap`: seconds between two tokens.
    `key`: the API key that requests must bear. `prefix`: path in front of every route, as behind a gateway.
    `model` and `models`: "chat" requests for others get a 404. `loading`: the model is not loaded yet. `in_vram`: which
    share of it is on the GPU; `load_s`: how long loading it takes, as Ollama tells it; `metrics`: what /metrics says;
    `slots`: what /slots says.
    `continues`, `when_asked`: what it does with the beginning of an answer, and when the user asks to go on. `hangs`:
    beginnings of paths that get no answer.
    All may be changed while it runs. `requests`, `strikes` and `disconnects` (time.monotonic() at which a client was
    seen to be gone in mid-answer) are the log; wait for a condition on it with `until` or `wait_until`.
    """

    def __init__(
        self,
        replies: Script = ("Thought: I know.\nAnswer: It is 42.",),
        *,
        fault: Fault | None = None,
        gap: float = 0.0,
        model: str = "tiny:latest",
        models: Sequence[str] | None = None,
        context: int = 8192,
        key: str = "",
        prefix: str = "",
        flavour: Flavour = "vllm",
        thinking_field: str = "reasoning_content",
        loading: bool = False,
        continues: Way = "continues",
        hangs: Sequence[str] = (),
        when_asked: Asked = "restarts",
        port: int = 0,
        in_vram: float = 1.0,
        load_s: float = 0.0,
        metrics: str | None = None,
        slots: Sequence[Message] | None = None,
    ) -> None:
        self.replies, self.fault, self.gap, self.key = replies, fault, gap, key
        self.model, self.models = model, [model] if models is None else list(models)
        self.context, self.prefix, self.flavour, self.loading = context, prefix, flavour, loading
        self.thinking_field, self.continues, self.when_asked = thinking_field, continues, when_asked
        self.hangs = hangs
        self.in_vram, self.load_s, self.metrics, self.slots = in_vram, load_s, metrics, slots
        self.requests: list[Request] = []
        self.disconnects: list[float] = []
        self.strikes: list[Strike] = []
        self.sent: list[tuple[float, str]] = []
        """Every token that was streamed, with time.monotonic() just before it left."""
        self.finished = 0
        """Chat answers that were sent to their end."""
        self.changed = threading.Condition()
        self.closing = threading.Event()
        self.connections: set[socket.socket] = set()
        self._gate = threading.Event()
        self._asked = 0
        self._bind(port)

    def _bind(self, port: int) -> None:
        refuse = self.fault is not None and self.fault.kind == "refuse"
        self._server = _HTTPServer(("127.0.0.1", port), Handler, bind_and_activate=False)
        self._server.fake = self
        self._server.server_bind()  # bound but not listening: the kernel refuses, and nobody else gets the port
        self._thread = None if refuse else threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        """The TCP port."""
        return int(self._server.server_address[1])

    @property
    def ollama_url(self) -> str:
        """For a profile of kind `ollama`."""
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    @property
    def openai_url(self) -> str:
        """For a profile of kind `openai`."""
        return f"{self.ollama_url}/v1"

    @property
    def chats(self) -> list[Request]:
        """The requests to the chat endpoints only, without those that load a model or let go of it."""
        chats = [request for request in self.requests if request.path.endswith(("/api/chat", "/chat/completions"))]
        return [request for request in chats if request.body.get("messages") != []]

    def reply_to(self, messages: list[Message]) -> Reply:
        """The scripted reply; of a list, the one whose index is the number of observations, else the last."""
        if callable(self.replies):
            reply = self.replies(messages)
        else:
            seen = sum(str(message.get("content") or "").startswith("Observation:") for message in messages)
            reply = self.replies[min(seen, len(self.replies) - 1)]
        return reply if isinstance(reply, Reply) else Reply(reply)

    @property
    def trial_fault(self) -> Fault | None:
        """What a trial gets, which is not counted: only a fault of all requests."""
        return None if self.fault is None or self.fault.skip or self.fault.times is not None else self.fault

    def strike(self) -> Fault | None:
        """The fault that this chat request gets."""
        if self.fault is None:
            return None
        self._asked += 1
        struck = self._asked - self.fault.skip
        return self.fault if struck > 0 and (self.fault.times is None or struck <= self.fault.times) else None

    def resume(self) -> None:
        """Let stalled answers go on."""
        self._gate.set()

    def stalled(self) -> bool:
        """Whether a "stall" fault still holds."""
        return not self._gate.is_set() and not self.closing.is_set()

    def note(self, change: Callable[[], None]) -> None:
        """Change the log and wake the waiting tests."""
        with self.changed:
            change()
            self.changed.notify_all()

    def wait_until(self, condition: Callable[[], object], timeout: float = 10.0) -> None:
        """Block until the log fulfils the condition; AssertionError after `timeout` seconds."""
        with self.changed:
            assert self.changed.wait_for(condition, timeout), "the server never saw it"

    async def until(self, condition: Callable[[], object]) -> None:
        """`wait_until` for async tests."""
        await asyncio.to_thread(self.wait_until, condition)

    def start(self) -> Self:
        """Begin to listen and serve."""
        if self._thread is not None:
            self._server.server_activate()
            self._thread.start()
        return self

    def close(self) -> None:
        """Stop, and cut what is still open; further connections are refused. May be called twice."""
        self.stop_listening()
        self._server.server_close()

    def stop_listening(self) -> None:
        """What `close` does, but for waiting until the handlers have ended: one of them may call this."""
        if self._thread is not None and self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.socket.close()
        self.closing.set()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was quicker

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    def log_request(self, method: str, path: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        """Called by the handler."""
        request = Request(method, path, headers, body, time.monotonic())
        self.note(lambda: self.requests.append(request))

    def log_strike(self, tokens: int, *, late: bool = False) -> None:
        """Called by the handler when a fault strikes."""
        strike = Strike(time.monotonic(), tokens, late)
        self.note(lambda: self.strikes.append(strike))

    def log_disconnect(self) -> None:
        """Called by the handler when a client left in mid-answer."""
        now = time.monotonic()
        self.note(lambda: self.disconnects.append(now))

    def log_finished(self) -> None:
        """Called by the handler when an answer was sent to its end."""

        def count() -> None:
            self.finished += 1

        self.note(count)
