"""How a FakeServer streams a reply, and how a fault breaks or spoils it."""

import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from .faults import BEFORE_HEADERS, DRIP_S, HUGE, Fault
from .wires import Reply, Wire

if TYPE_CHECKING:
    from .handler import Handler

BABBLE = "Thought: I ask the oracle.\nAction: oracle\nAction Input: {{{"
NO_HTTP = b"SSH-2.0-OpenSSH_9.6\r\n"
BOM = b"\xef\xbb\xbf"


class ClientGone(ConnectionError):
    """The client closed the connection."""


def stream(handler: "Handler", wire: Wire, reply: Reply, fault: Fault | None) -> bool:
    """Send the reply; whether the connection has to be closed. Raises ClientGone, BrokenPipeError, ..."""
    return _Sending(handler, wire, reply, fault).send()


class _Sending:
    """One reply on its way."""

    def __init__(self, handler: "Handler", wire: Wire, reply: Reply, fault: Fault | None) -> None:
        self._handler, self._fake, self._wire = handler, handler.fake, wire
        self._fault = fault
        self._reply = self._spoilt(reply)
        self._tokens = len(self._reply.tokens())
        self._slice, self._pause_s = 0, 0.0
        """Where bytes leave in slices: their size, and the time between two of them."""

    def _spoilt(self, reply: Reply) -> Reply:
        match self._fault and self._fault.kind:
            case "babble":
                return Reply(BABBLE)
            case "no usage":
                return replace(reply, usage=False)
            case "wrong usage":
                return replace(reply, claimed=987_654_321)
            case "wrong model":
                self._wire.model = "another-model"
        return reply

    def send(self) -> bool:
        """See `stream`."""
        if self._strikes_at(BEFORE_HEADERS) and self._break():
            return True
        self._head()
        if self._fault and self._fault.kind == "empty":
            self._end()
            return False
        if self._fault and self._fault.kind == "bom":
            self._chunk(BOM)
        for index, line in enumerate(self._lines(), start=BEFORE_HEADERS):
            if index > BEFORE_HEADERS and self._strikes_at(index) and self._break():
                return True
            self._chunk(line)
            self._pause(self._fake.gap)
        if self._strikes_at(index + 1) and self._break():  # where the end marker is the last line
            return True
        self._end()
        self._fake.log_finished()
        return False

    def _lines(self) -> Iterator[bytes]:
        """The preamble, the tokens, the end: what faults count by."""
        yield self._wire.preamble()
        for field, piece in self._reply.tokens():
            self._fake.sent.append((time.monotonic(), piece))
            yield self._wire.token(field, piece)
        yield from self._wire.end(self._reply)

    def _strikes_at(self, index: int) -> bool:
        """Whether the fault strikes now; in a reply that is too short, after its last token."""
        tokens = self._tokens
        if not self._fault or index != min(self._fault.after, tokens + (self._fault.after > tokens)):
            return False
        self._fake.log_strike(max(0, min(index, tokens)), late=index > tokens)
        return True

    def _break(self) -> bool:
        """Let the fault strike; True when the answer ends here."""
        assert self._fault
        match self._fault.kind:
            case "stall":
                hold(self._handler)
            case "drip":
                self._slice, self._pause_s = 1, DRIP_S
            case "slices":
                self._slice = 3
            case "garbage" if self._fault.after == BEFORE_HEADERS:
                self._write(NO_HTTP)
                return True
            case "garbage":
                self._chunk(self._wire.garbage)
            case "twice":
                self._chunk(self._wire.token(*self._reply.tokens()[self._fault.after - 1]))
            case "huge":
                self._chunk(self._wire.token("content", " huge" * (HUGE // 5)))
            case "repeat" | "endless" | "empties" as kind:
                self._go_on_for_ever(kind)
            case "error" | "eof" | "reset" | "fin" | "exit":
                self._cut(self._fault)
                return True
        return False

    def _cut(self, fault: Fault) -> None:
        if fault.kind == "error":
            self._chunk(self._wire.error(fault.message))
        if fault.kind in ("error", "eof"):
            self._end()
        elif fault.kind == "reset":
            self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._handler.connection.close()
        elif fault.kind == "exit":
            self._fake.stop_listening()

    def _go_on_for_ever(self, kind: str) -> None:
        for number in count(1):
            piece = {"repeat": " again", "endless": f" word{number}"}.get(kind, "")
            self._chunk(self._wire.token("content", piece))
            self._pause(0.001 if piece else 0.02)

    def _head(self) -> None:
        lines = ["HTTP/1.1 200 OK", f"Content-Type: {self._wire.content_type}", "Transfer-Encoding: chunked", "", ""]
        self._write("\r\n".join(lines).encode())

    def _chunk(self, data: bytes) -> None:
        pieces = [data[at : at + self._slice] for at in range(0, len(data), self._slice)] if self._slice else [data]
        for piece in pieces:
            self._write(b"%x\r\n%b\r\n" % (len(piece), piece))

    def _end(self) -> None:
        self._write(b"0\r\n\r\n")

    def _write(self, data: bytes) -> None:
        step = 1 if self._pause_s else len(data)
        for at in range(0, len(data), step):
            self._handler.wfile.write(data[at : at + step])
            self._pause(self._pause_s)

    def _pause(self, seconds: float) -> None:
        pause(self._handler.connection, seconds)


def hold(handler: "Handler") -> None:
    """Silence, until `FakeServer.resume` or the end. Raises ClientGone."""
    while handler.fake.stalled():
        pause(handler.connection, 0.02)


def pause(connection: socket.socket, seconds: float) -> None:
    """Let time pass, but notice at once when the client leaves. Raises ClientGone."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        readable, _, _ = select.select([connection], [], [], left)
        if readable and not connection.recv(1, socket.MSG_PEEK):
            raise ClientGone
