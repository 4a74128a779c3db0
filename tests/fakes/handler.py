"""One connection to a FakeServer: its requests, and who answers them."""

import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from . import continuing, routes
from .faults import Fault
from .sending import hold, pause, stream
from .wires import LlamaServerWire, OllamaWire, OpenAIWire, Reply, Wire

if TYPE_CHECKING:
    from .server import FakeServer

PAGE = b"<!DOCTYPE html>\n<html><head><title>Welcome to nginx!</title></head><body>It works.</body></html>\n"


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def fake(self) -> "FakeServer":
        """The server whose script and faults count."""
        fake: FakeServer = self.server.fake  # type: ignore[attr-defined]
        return fake

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read `FakeServer.requests` instead."""

    def version_string(self) -> str:
        """The `Server` header."""
        return "llamafile/0.9.3" if self.fake.flavour == "llamafile" else super().version_string()

    def setup(self) -> None:
        super().setup()
        self.fake.connections.add(self.connection)

    def finish(self) -> None:
        self.fake.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}"))

    def _serve(self, body: dict[str, Any]) -> None:
        path = self.path.partition("?")[0]
        self.fake.log_request(self.command, path, {k.lower(): v for k, v in self.headers.items()}, body)
        inside = path.startswith(self.fake.prefix)
        route = path.removeprefix(self.fake.prefix)
        if route.startswith(tuple(self.fake.hangs)):
            hold(self)
        if self.fake.key and self.headers.get("Authorization") != f"Bearer {self.fake.key}":
            self._json({"error": {"message": "Invalid API key", "code": 401}}, 401)
        elif inside and self.command == "POST" and route in routes.CHAT:
            self._chat(route, body)
        else:
            self._json(*(routes.answer(self.fake, route, body) if inside else routes.NOT_FOUND))

    def _send(self, body: bytes, kind: str, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        if isinstance(value, str):
            self._send(value.encode(), "text/plain", status, headers)
        else:
            self._send(json.dumps(value).encode(), "application/json", status, headers)

    def _chat(self, route: str, body: dict[str, Any]) -> None:
        if route == "/api/chat" and body.get("messages") == []:
            self._json(*routes.load(self.fake, body))
            return
        wire = self._wire(route, body)
        fault = self.fake.trial_fault if continuing.is_trial(body) else self.fake.strike()
        model = body.get("model")
        if fault and fault.kind in ("status", "html", "empty"):
            self.fake.log_strike(0)
        if model not in self.fake.models:
            self._json(wire.error_body(f"model '{model}' not found", 404), 404)
        elif fault and fault.kind == "status":
            self._json(wire.error_body(fault.message, fault.status), fault.status, fault.headers)
        elif fault and fault.kind == "html":
            self._send(PAGE, "text/html")
        else:
            self._reply(wire, route, body, fault)

    def _reply(self, wire: Wire, route: str, body: dict[str, Any], fault: Fault | None) -> None:
        streams = body.get("stream", route == "/api/chat")
        try:
            reply = continuing.reply(self.fake, route, body)
        except continuing.Refused:
            self._json(wire.error_body("the last message must not be the assistant's", 400), 400)
            return
        if streams and fault and fault.kind == "nostream":
            self._json(wire.error_body("streaming is not supported", 400), 400)
        elif not streams or (fault and fault.kind == "json"):
            self._whole(wire, reply)
        else:
            self._try_to_stream(wire, reply, fault)

    def _whole(self, wire: Wire, reply: Reply) -> None:
        pause(self.connection, self.fake.gap)
        self._json(wire.whole(reply))

    def _wire(self, route: str, body: dict[str, Any]) -> Wire:
        model = str(body.get("model"))
        if route == "/api/chat":
            return OllamaWire(model)
        include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        dialect = LlamaServerWire if self.fake.flavour == "llamacpp" else OpenAIWire
        return dialect(model, self.fake.thinking_field, include_usage)

    def _try_to_stream(self, wire: Wire, reply: Reply, fault: Fault | None) -> None:
        try:
            self.close_connection = stream(self, wire, reply, fault)
        except ConnectionError:
            self.close_connection = True
            self.fake.log_disconnect()
