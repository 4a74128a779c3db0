"""What can go wrong at a model server."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    # Nothing of a model's reply:
    "refuse",  # nothing listens at the port
    "status",  # an error status before the first byte: see `status`, `message`, `headers`
    "html",  # a web page instead of the API
    "empty",  # 200 and a stream without content
    # The reply breaks off at `after`:
    "stall",  # silence until `FakeServer.resume()`
    "drip",  # one byte in DRIP_S seconds from here on: bytes, but hardly a token
    "reset",  # TCP reset
    "fin",  # the connection closes in the middle of the body
    "exit",  # the whole server ends: its connections close, and it refuses new ones
    "eof",  # the body ends well-formed, but without the end marker of the wire
    "error",  # an error object inside the 200 stream
    # The reply is spoilt at `after`:
    "garbage",  # one line that is no JSON, then it goes on; before the headers: a reply that is no HTTP
    "twice",  # the same chunk a second time
    "huge",  # one chunk of HUGE characters
    "repeat",  # one token, for ever
    "endless",  # ever new words, for ever
    "empties",  # chunks without a word, for ever
    "babble",  # a reply that names a tool which does not exist
    # The reply is odd, but whole:
    "nostream",  # an error where a stream is asked for, else a whole answer
    "json",  # one whole JSON body although a stream was asked for
    "slices",  # pieces of 3 bytes, which split JSON and UTF-8
    "bom",  # a byte order mark at the beginning of the body
    "wrong model",  # the chunks name another model
    "no usage",  # no token counts
    "wrong usage",  # absurd token counts
]

BEFORE_HEADERS = -1
"""For `Fault.after`: not even the status line comes."""
DRIP_S = 0.05
HUGE = 10_000_000


@dataclass(frozen=True)
class Fault:
    """A fault of the chat endpoint.

    It strikes after `after` tokens; their number means after the last one and before the end marker, one more means
    after the end marker. The first `skip` requests go well, and then those after `times` more (None: all are struck).
    """

    kind: Kind
    after: int = 0
    times: int | None = None
    skip: int = 0
    status: int = 500
    message: str = "llama runner process has terminated: exit status 2"
    headers: dict[str, str] = field(default_factory=dict)
