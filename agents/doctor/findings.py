"""One thing that was looked at."""

from typing import Literal

import msgspec

Level = Literal["ok", "note", "problem"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`note`: works, and could be better. `problem`: something does not work."""

    level: Level
    what: str
    why: str = ""
    do: str = ""
