"""What can go wrong at a model server."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "refuse",  # nothing listens at the port
    "status",  # an error status before the first byte: see `status`, `message`, `headers`
    "html",  # a web page instead of the API
    "json",  # one whole JSON body although a stream was asked for
    "nostream",  # an error where a stream is asked for, else a whole answer
    "empty",  # 200 and a stream without content
    "stall",  # silence until `FakeServer.resume()`; after=0 holds back even the status line
    "reset",  # TCP reset
    "fin",  # the connection closes in the middle of the body
    "eof",  # the body ends well-formed, but without the end marker of the wire
    "garbage",  # one line that is no JSON, then it goes on
    "error",  # an error object inside the 200 stream
]


@dataclass(frozen=True)
class Fault:
    """A fault of the chat endpoint; it strikes after `after` tokens, in the first `times` requests (None: in all).

    Their number means after the last one and before the end marker, one more means after the end marker.
    """

    kind: Kind
    after: int = 0
    times: int | None = None
    status: int = 500
    message: str = "llama runner process has terminated: exit status 2"
    headers: dict[str, str] = field(default_factory=dict)
