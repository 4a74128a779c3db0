"""The result of `docmind bench`: what it prints as JSON, saves, and compares with an earlier one."""

from pathlib import Path

import msgspec

from ..errors import Code, DocmindError
from ..text import one_line
from .stats import Summary


class Benchmark(msgspec.Struct, frozen=True, kw_only=True):
    """How some profiles did with the same prompts."""

    at: str
    """When it began: ISO 8601, UTC."""
    runs: int
    """Calls that were wanted of each profile."""
    complete: bool
    """False when it was stopped before that."""
    profiles: list[Summary]
    reasons: dict[str, str]
    """Why the last failed call failed, by profile."""


def save(file: Path, benchmark: Benchmark) -> None:
    """Raises DocmindError (DISK)."""
    try:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(benchmark)) + b"\n")
    except OSError as error:
        message = f"The result cannot be saved as {one_line(str(file))}: {error.strerror}."
        raise DocmindError(Code.DISK, message, "Name another file with --save.") from error


def load(file: Path) -> Benchmark:
    """Raises DocmindError (USAGE) when it is not what `save` wrote."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Benchmark)
    except (OSError, msgspec.DecodeError) as error:
        why = one_line(str(error.strerror if isinstance(error, OSError) else error))
        message = f"{one_line(str(file))} is not the result of an earlier `docmind bench`: {why}."
        raise DocmindError(Code.USAGE, message, "Make one with `docmind bench --save FILE`.") from error
