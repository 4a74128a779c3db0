"""One connection to a FakeServer: routes, and the sending of an answer with its fault."""

import json
import select
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from . import continuing, routes
from .faults import Fault
from .wires import OllamaWire, OpenAIWire, Reply, Wire

if TYPE_CHECKING:
    from .server import FakeServer

PAGE = b"<!DOCTYPE html>\n<html><head><title>Welcome to nginx!</title></head><body>It works.</body></html>\n"


class ClientGone(Exception):
    """The client closed the connection."""


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
            self._hold()
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

    # --- an answer ----------------------------------------------------------------------------------------------------

    def _chat(self, route: str, body: dict[str, Any]) -> None:
        wire = self._wire(route, body)
        fault, model = self.fake.strike(), body.get("model")
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
            self._pause(self.fake.gap)
            self._json(wire.whole(reply))
        else:
            self._try_to_stream(wire, reply, fault)

    def _wire(self, route: str, body: dict[str, Any]) -> Wire:
        model = str(body.get("model"))
        if route == "/api/chat":
            return OllamaWire(model)
        include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return OpenAIWire(model, self.fake.thinking_field, include_usage)

    def _try_to_stream(self, wire: Wire, reply: Reply, fault: Fault | None) -> None:
        try:
            self._stream(wire, reply, fault)
        except (ClientGone, BrokenPipeError, ConnectionResetError):
            self.close_connection = True
            self.fake.log_disconnect()

    def _stream(self, wire: Wire, reply: Reply, fault: Fault | None) -> None:
        if fault and fault.kind == "stall" and fault.after == 0:
            self._hold()
            fault = None
        self.send_response(200)
        self.send_header("Content-Type", wire.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        empty = fault is not None and fault.kind == "empty"
        tokens = [] if empty else reply.tokens()
        if not empty:
            self._chunk(wire.preamble())
        end = [] if empty else list(wire.end(reply))
        for index, line in enumerate([*(wire.token(field, piece) for field, piece in tokens), *end]):
            if fault and index == fault.after and self._break(wire, fault):
                return
            self._chunk(line)
            self._pause(self.fake.gap if index < len(tokens) else 0)
        if fault and not empty and fault.after == len(tokens) + len(end) and self._break(wire, fault):
            return
        self.wfile.write(b"0\r\n\r\n")
        self.fake.log_finished()

    def _break(self, wire: Wire, fault: Fault) -> bool:
        """Let the fault strike; True when the answer ends here."""
        if fault.kind == "stall":
            self._hold()
        elif fault.kind == "garbage":
            self._chunk(wire.garbage)
        if fault.kind in ("stall", "garbage"):
            return False
        self.close_connection = True
        if fault.kind == "error":
            self._chunk(wire.error(fault.message))
        if fault.kind in ("error", "eof"):
            self.wfile.write(b"0\r\n\r\n")
        elif fault.kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        return True

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _hold(self) -> None:
        while self.fake.stalled():
            self._pause(0.02)

    def _pause(self, seconds: float) -> None:
        """Let time pass, but notice at once when the client leaves."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], left)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ClientGone
