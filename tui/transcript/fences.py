"""Finds the code of a fence that stands in several entries."""

from collections.abc import Sequence

from .entries import Entry, Markdown

_MARKS = ("```", "~~~")


def fence_around(entries: Sequence[Entry], cursor: Entry | None) -> str:
    """The code of the fence that the cursor is in, else of the last one; empty where there is none."""
    starts = [number for number, entry in enumerate(entries) if _starts(entry)]
    if cursor in entries:
        at = entries.index(cursor)
        starts = [number for number in starts if number <= at and cursor in _parts(entries, number)] or starts
    return _code(_parts(entries, starts[-1])) if starts else ""


def _starts(entry: Entry) -> bool:
    return isinstance(entry, Markdown) and not entry.block.before and entry.block.source.lstrip().startswith(_MARKS)


def _parts(entries: Sequence[Entry], start: int) -> list[Markdown]:
    """The entry that opens a fence, and those that continue it."""
    parts = []
    for number, entry in enumerate(entries[start:]):
        if not isinstance(entry, Markdown) or (number and not entry.block.before.lstrip().startswith(_MARKS)):
            break
        parts.append(entry)
    return parts


def _code(parts: Sequence[Markdown]) -> str:
    """Without the lines that open and close the fence."""
    text = "".join((part.block.separator if number else "") + part.block.source for number, part in enumerate(parts))
    opening, *lines = text.rstrip("\n").split("\n")
    mark = opening.strip()[:3]
    if lines and lines[-1].strip().startswith(mark):
        lines.pop()
    return "\n".join(lines)
