"""A line for each source below an answer: where it stands, whether it holds, and the words that support the answer."""

from docmind.agents.records import Citation
from docmind.agents.text import one_line

from .places import place

_GAP = "   "
_MOST_QUOTED = 90
"""Characters of a quote."""
_LONGEST_HEADING = 60
_SHORT_PATH, _SHORT_QUOTE = 24, 10
"""Characters of a path that are not given up for a quote, and of a quote that is worth its place."""


def source(citation: Citation, heading: str, answer: str, columns: int | None, became: str = "") -> str:
    """The line for one citation, of at most `columns` columns; None: of any length.

    `heading` names the place in a document without pages and lines; `became` says what happened to it since. A quote
    that the answer holds is not repeated.
    What is too long: the path is shortened in its middle, then the quote at its end; the rest always stays.
    """
    spot = place("", citation.page, citation.lines) or (heading and f" > {_short_heading(heading, columns)}")
    mark = ("" if citation.verified else f"{_GAP}unverified") + (became and f"{_GAP}{became}")
    quote = "" if citation.quote in answer else _GAP + one_line(citation.quote, _MOST_QUOTED)
    fixed = len(f"[{citation.n}] {spot}{mark}")
    path = citation.path
    if columns is not None:
        room = columns - fixed
        path = _short_path(path, max(room - len(quote), min(room, _SHORT_PATH)))
        quote = _short_quote(quote, room - len(path))
    return f"[{citation.n}] {path}{spot}{mark}{quote}"


def _short_heading(heading: str, columns: int | None) -> str:
    return one_line(heading, _LONGEST_HEADING if columns is None else min(_LONGEST_HEADING, max(columns // 4, 10)))


def _short_path(path: str, limit: int) -> str:
    """`papers/…/manual.pdf`; where that is still too long, its name without its middle, of 8 characters at least."""
    if len(path) <= limit:
        return path
    first, _, rest = path.partition("/")
    name = rest.rpartition("/")[2] or first
    if "/" in rest and len(short := f"{first}/…/{name}") <= limit:
        return short
    if len(name) <= limit - 2:
        return f"…/{name}"
    kept = max(limit, 8) - 1
    return name if len(name) <= kept + 1 else f"{name[: kept // 2]}…{name[-(kept - kept // 2) :]}"


def _short_quote(quote: str, room: int) -> str:
    if len(quote) <= room:
        return quote
    return _GAP + one_line(quote, room - len(_GAP)) if room >= len(_GAP) + _SHORT_QUOTE else ""
