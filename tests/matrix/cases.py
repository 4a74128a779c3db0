"""The cases of the matrix, and what is right in each of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from docmind.agents.errors import Code
from docmind.agents.settings import Kind
from fakes import BEFORE_HEADERS, FakeServer, Fault
from fakes.continuing import Asked, Way
from fakes.faults import Kind as FaultKind
from fakes.server import Flavour

from .scripts import ACTION, FINAL, STEPS, tokens

WireName = Literal["ollama", "openai", "llama-server"]
WIRES: tuple[WireName, ...] = ("ollama", "openai", "llama-server")
Manner = tuple[Way, Asked]
MANNERS: tuple[Manner, ...] = (
    ("continues", "continues"),
    ("restarts", "overlaps"),
    ("refuses", "restarts"),
    ("repeats", "continues"),
    ("refuses", "continues"),
)
"""How the healthy server goes on with an answer; the cases take turns."""

BREAKING: dict[FaultKind, set[Code]] = {
    "stall": {Code.TIMEOUT},
    "drip": {Code.TIMEOUT},
    "reset": {Code.BROKEN},
    "fin": {Code.BROKEN},
    "exit": {Code.BROKEN, Code.UNAVAILABLE},  # the second one to whoever tries again
    "eof": {Code.INVALID_RESPONSE},
    "error": {Code.SERVER_ERROR},
    "garbage": {Code.INVALID_RESPONSE, Code.BROKEN},
    "huge": {Code.INVALID_RESPONSE, Code.TIMEOUT},  # reading it takes the client libraries a second or two
    "repeat": {Code.INVALID_RESPONSE},
    "endless": {Code.INVALID_RESPONSE},
}
"""Faults that end a reply, with the codes that tell them truly."""
NOT_BEFORE_HEADERS = ("eof", "error", "huge", "repeat", "endless")
ERRORS = {
    "error out of memory": ("CUDA error: out of memory", Code.OUT_OF_MEMORY),
    "error overflow": ("the request exceeds the available context size", Code.CONTEXT_OVERFLOW),
}
STATUSES: dict[str, tuple[Fault, Code]] = {
    "400": (Fault("status", status=400, message="invalid option"), Code.SERVER_ERROR),
    "401": (Fault("status", status=401, message="Invalid API key"), Code.UNAUTHORISED),
    "403": (Fault("status", status=403, message="forbidden"), Code.UNAUTHORISED),
    "404": (Fault("status", status=404, message="page not found"), Code.INVALID_RESPONSE),
    "404 model": (Fault("status", status=404, message="model 'tiny' not found"), Code.MODEL_NOT_FOUND),
    "408": (Fault("status", status=408, message="request timeout"), Code.TIMEOUT),
    "413": (Fault("status", status=413, message="request entity too large"), Code.CONTEXT_OVERFLOW),
    "429": (Fault("status", status=429, message="slow down", headers={"Retry-After": "1"}), Code.RATE_LIMITED),
    "500": (Fault("status", status=500), Code.SERVER_ERROR),
    "500 out of memory": (Fault("status", status=500, message="cudaMalloc failed: out of memory"), Code.OUT_OF_MEMORY),
    "502": (Fault("status", status=502, message="bad gateway"), Code.NOT_READY),
    "503 busy": (Fault("status", status=503, message="server busy, please try again"), Code.NOT_READY),
    "503 loading": (Fault("status", status=503, message="Loading model"), Code.NOT_READY),
    "504": (Fault("status", status=504, message="gateway timeout"), Code.TIMEOUT),
    "overflow": (Fault("status", status=400, message="exceeds the available context size"), Code.CONTEXT_OVERFLOW),
    "redirect": (Fault("status", status=302, headers={"Location": "http://example.org/"}), Code.INVALID_RESPONSE),
    "web page": (Fault("html"), Code.INVALID_RESPONSE),
    "empty": (Fault("empty"), Code.INVALID_RESPONSE),
}
AFTER_END_MARK: tuple[FaultKind, ...] = ("reset", "fin", "stall", "eof", "error")
"""What may come instead of the rest when a reply is whole."""
HARMLESS: tuple[FaultKind, ...] = ("json", "slices", "bom", "wrong model", "no usage", "wrong usage", "babble")


@dataclass(frozen=True)
class Case:
    """One fault, at one place."""

    name: str
    position: str
    wire: WireName
    step: int
    fault: Fault
    codes: frozenset[Code] = frozenset()
    """What the failed attempt may say; empty: the fault need not end the reply."""
    url: str = ""
    """Where the struck profile points, if not at its server."""
    second: Fault | None = None
    """Of the next server; the healthy one comes third then."""
    manner: Manner = MANNERS[0]

    def __str__(self) -> str:
        return f"{self.name}, {self.position}, {'answer' if self.step == FINAL else 'tool step'}, {self.wire}"


def kind(wire: WireName) -> Kind:
    """The profile's kind that speaks it."""
    return "ollama" if wire == "ollama" else "openai"


def flavour(wire: WireName) -> Flavour:
    """Which server the fake stands for."""
    return "llamacpp" if wire == "llama-server" else "vllm"


def server(wire: WireName, fault: Fault | None = None, manner: Manner = MANNERS[0]) -> FakeServer:
    """A server with the script."""
    way, asked = manner
    return FakeServer(STEPS, fault=fault, flavour=flavour(wire), continues=way, when_asked=asked)


def positions(step: int) -> dict[str, int]:
    """`Fault.after` by the name of the place."""
    count = tokens(step)
    return {
        "before headers": BEFORE_HEADERS,
        "before first token": 0,
        "token 1": 1,
        "middle": count // 2,
        "last token": count - 1,
        "no end mark": count,
    }


def cases() -> list[Case]:
    """All of them, in an order that does not change."""
    found = [case for wire in WIRES for case in (*_placed(wire), *_whole(wire), *_unreachable(wire), *_twice(wire))]
    return [replace(case, manner=MANNERS[number % len(MANNERS)]) for number, case in enumerate(found)]


def _placed(wire: WireName) -> Iterator[Case]:
    """Faults that can strike anywhere."""
    for step in (ACTION, FINAL):
        for position, after in positions(step).items():
            for name, codes in BREAKING.items():
                if after != BEFORE_HEADERS or name not in NOT_BEFORE_HEADERS:
                    yield Case(name, position, wire, step, Fault(name, after, skip=step), frozenset(codes))
            for told, (message, code) in ERRORS.items():
                if after != BEFORE_HEADERS:
                    fault = Fault("error", after, skip=step, message=message)
                    yield Case(told, position, wire, step, fault, frozenset([code]))
            if after in (1, tokens(step) // 2, tokens(step) - 1):
                yield Case("twice", position, wire, step, Fault("twice", after, 1, step))
        for ended in AFTER_END_MARK:
            yield Case(ended, "after end mark", wire, step, Fault(ended, tokens(step) + 1, 1, step))


def _whole(wire: WireName) -> Iterator[Case]:
    """Faults of a whole reply."""
    for step in (ACTION, FINAL):
        for name, (fault, code) in STATUSES.items():
            yield Case(name, "whole reply", wire, step, replace(fault, skip=step), frozenset([code]))
        for odd in HARMLESS:
            times = 1 if odd == "babble" else None
            after = 0 if odd == "slices" else BEFORE_HEADERS
            yield Case(odd, "whole reply", wire, step, Fault(odd, after, times, skip=step))


def _unreachable(wire: WireName) -> Iterator[Case]:
    """Faults before any request."""
    nobody = frozenset([Code.UNAVAILABLE])
    yield Case("refused", "connect", wire, 0, Fault("refuse"), nobody)
    yield Case("no such host", "connect", wire, 0, Fault("refuse"), nobody, "http://no-such-host.invalid:9")
    yield Case("TLS to a plain port", "connect", wire, 0, Fault("fin", BEFORE_HEADERS), nobody, "https")


def _twice(wire: WireName) -> Iterator[Case]:
    """The server that goes on with the answer breaks, too, or gives the rest in one piece."""
    for position, after in list(positions(FINAL).items())[2:]:
        for broken in ("eof", "reset", "stall", "error", "json"):
            first = Fault("eof" if broken == "json" else broken, after, skip=FINAL)
            codes = frozenset(BREAKING[first.kind])
            yield Case(f"{broken} again", position, wire, FINAL, first, codes, second=Fault(broken, after=3))
