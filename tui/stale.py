"""What became of a source since it was read: for its line, for its panel, and what is different."""

from collections.abc import Mapping, Sequence

from textual.content import Content

from docmind.agents.protocol import Source, SourceState
from docmind.agents.records import Change
from docmind.agents.text import one_line

SIGNS: Mapping[SourceState, str] = {
    "changed": "changed since",
    "gone": "deleted",
    "unreadable": "cannot be read now",
    "closed": "not open",
}
"""Behind a source that is no longer what the answer says."""
_MARKS = {"removed": ("[-", "-]", "$error"), "added": ("{+", "+}", "$success")}
"""What stands before and behind words that are different, as in `git diff --word-diff`, and their colour."""
LEGEND = "[-before-] {+now+}"
_MOST_SHOWN = 300
"""Characters of a reason."""


def told(source: Source) -> str:
    """What the user should know; empty where the passage stands as it stood."""
    renamed = f"moved to {one_line(source.renamed, _MOST_SHOWN)} since" if source.renamed else ""
    return "; ".join(filter(None, [renamed, _became(source)]))


def _became(source: Source) -> str:
    where = _place(source)
    match source.state:
        case "moved":
            return f"moved to {where} since" if where else ""
        case "changed" if source.changes:
            return f"changed since{where and f', now {where}'}"
        case "changed":
            return "changed since: nothing like it is left in the file"
        case "gone":
            return "the file was deleted"
        case "unreadable":
            return f"the file cannot be read now: {one_line(source.reason, _MOST_SHOWN)}"
        case "closed":
            return "no longer in the opened folders"
        case _:
            return ""


def difference(changes: Sequence[Change]) -> Content:
    """The text as it is now, with what was there before; what is different has signs around it, and a colour."""
    parts: list[str | tuple[str, str]] = []
    for change in changes:
        words = change.text.lstrip()
        if parts:
            parts.append(change.text[: len(change.text) - len(words)])
        before, behind, colour = _MARKS.get(change.kind, ("", "", ""))
        parts.append((f"{before}{words}{behind}", colour) if colour else words)
    return Content.assemble(*parts)


def _place(source: Source) -> str:
    if source.page:
        return f"p. {source.page}"
    if source.lines:
        first, last = source.lines
        return f"line {first}" if first == last else f"lines {first}-{last}"
    return ""
