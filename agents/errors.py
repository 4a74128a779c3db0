"""Every failure a user can see is a `DocmindError`: what happened, why, what to do next, and a stable code.

Library errors are mapped to these at the seam where the library is called, and nowhere else.

    1xxx  settings and usage     1001 config   1002 usage
    2xxx  documents              2001 no such folder   2002 no documents   2003 index damaged   2004 index busy
                                 2005 disk   2006 outside the library
    3xxx  the engine process     3001 does not start   3002 other version   3003 connection lost   3004 bug in docmind
    4xxx  the agent              4001 no answer within the step limit   4002 deadline passed
    5xxx  backends               5000 every backend failed   5001 unavailable   5002 timeout   5003 invalid response
                                 5004 embedding   5006 unauthorised   5007 model not found   5008 rate limited
                                 5009 server error   5010 prompt over the context window   5011 model file
                                 5012 backend crashed   5013 package missing   5014 remote host not allowed
                                 5015 out of memory   5016 the model refuses to answer   5017 connection broke
                                 5018 not ready   5019 the graphics card is too hot
    6xxx  what docmind keeps     6001 record damaged   6002 chats damaged   6003 chats of a newer version
                                 6004 chats busy   6005 no such chat   6006 chat exists
                                 6007 file refused   6008 file of a newer version
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum


class Code(StrEnum):
    """The stable error codes; scripts may rely on them."""

    CONFIG = "ERR_1001"
    USAGE = "ERR_1002"
    NO_FOLDER = "ERR_2001"
    NO_DOCUMENTS = "ERR_2002"
    INDEX_DAMAGED = "ERR_2003"
    INDEX_BUSY = "ERR_2004"
    DISK = "ERR_2005"
    OUTSIDE = "ERR_2006"
    ENGINE_START = "ERR_3001"
    ENGINE_VERSION = "ERR_3002"
    ENGINE_LOST = "ERR_3003"
    INTERNAL = "ERR_3004"
    NO_ANSWER = "ERR_4001"
    DEADLINE = "ERR_4002"
    ALL_FAILED = "ERR_5000"
    UNAVAILABLE = "ERR_5001"
    TIMEOUT = "ERR_5002"
    INVALID_RESPONSE = "ERR_5003"
    EMBEDDING = "ERR_5004"
    UNAUTHORISED = "ERR_5006"
    MODEL_NOT_FOUND = "ERR_5007"
    RATE_LIMITED = "ERR_5008"
    SERVER_ERROR = "ERR_5009"
    CONTEXT_OVERFLOW = "ERR_5010"
    MODEL_FILE = "ERR_5011"
    CRASHED = "ERR_5012"
    PACKAGE_MISSING = "ERR_5013"
    REMOTE_REFUSED = "ERR_5014"
    OUT_OF_MEMORY = "ERR_5015"
    REFUSAL = "ERR_5016"
    BROKEN = "ERR_5017"
    NOT_READY = "ERR_5018"
    HOT = "ERR_5019"
    RECORD_DAMAGED = "ERR_6001"
    CHATS_DAMAGED = "ERR_6002"
    CHATS_NEWER = "ERR_6003"
    CHATS_BUSY = "ERR_6004"
    NO_CHAT = "ERR_6005"
    CHAT_EXISTS = "ERR_6006"
    FILE_REFUSED = "ERR_6007"
    FILE_NEWER = "ERR_6008"


# Exit statuses of the command line; every other code exits with 1.
EXIT_STATUS = {Code.CONFIG: 2, Code.USAGE: 2, Code.NO_FOLDER: 2, Code.NO_DOCUMENTS: 3, Code.ALL_FAILED: 4}


class DocmindError(Exception):
    """A failure to be shown to the user.

    `message` says what happened and why, `hint` what to do next. Both are shown as they are, so foreign text in them
    must have gone through `text.clean` before. `attempts` is what was tried: the fields of a protocol.Attempt for each
    call of a backend.
    """

    attempts: Sequence[Mapping[str, object]] = ()
    answer: str = ""
    """What had been said of the answer when it failed."""
    server_said: str = ""
    """The server's own words, cleaned and cut; they are part of `message`, too."""
    retry_after_s: float | None = None
    """Seconds after which the server wants to be asked again, where it says so; at least 0."""
    empty: bool = False
    """Whether a backend's reply was in order but held nothing."""
    endless: bool = False
    """Whether a backend's reply went on far beyond its limit, so that nobody knows from where on it was junk."""

    def __init__(self, code: Code, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]" + (f"\n{self.hint}" if self.hint else "")

    @property
    def exit_status(self) -> int:
        """What `docmind` exits with when this error ends it."""
        return EXIT_STATUS.get(self.code, 1)
