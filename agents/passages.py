"""How passages look in a prompt: one definition for the tools that write them and for `quotes`, which reads them.

    [3] manual.pdf p. 12 | Cooling > Pump
      The pump moved upstream of the exchanger.
    [4] changes.md | lines 40-44
      Two valves were removed.

Every line of document text is indented. So no document can fake a header or a ReAct label ("Observation:", "Answer:"),
which count at the start of a line only.
"""

import json
import re
from collections.abc import Iterator, Sequence

from .records import Passage

NO_PASSAGES = "No passages found."
INDENT = "  "

# A path or heading that could be misread is written as a JSON string.
_AMBIGUOUS = re.compile(r'[\x00-\x1f]|\||^"| p\. \d+$|^lines \d|^$|^\s|\s$')
_FIELD = r'"(?:[^"\\]|\\.)*"|.+?'
_HEADER = re.compile(
    rf"\[(?P<n>\d+)\] (?P<path>{_FIELD})(?: p\. (?P<page>\d+))?"
    rf"(?: \| lines (?P<first>\d+)-(?P<last>\d+))?(?: \| (?P<heading>{_FIELD}))?"
)


def render(passages: Sequence[Passage]) -> str:
    """The passages as the model reads them, numbered by their `n`; scores are left out."""
    return "\n".join(f"{header(passage)}\n{_indented(passage.text)}" for passage in passages) or NO_PASSAGES


def header(passage: Passage) -> str:
    """The line above a passage: `[n] path p. 12 | lines 40-44 | Heading > Path`."""
    where = f"[{passage.n}] {_field(passage.path)}"
    if passage.page is not None:
        where += f" p. {passage.page}"
    if passage.lines is not None:
        where += f" | lines {passage.lines[0]}-{passage.lines[1]}"
    return f"{where} | {_field(passage.heading)}" if passage.heading else where


def parse(text: str) -> list[Passage]:
    """The passages in `text`, as `render` wrote them (scores are 0); other lines at the margin are passed over."""
    return [_passage(match, body) for match, body in _blocks(text)]


def _blocks(text: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    """Each header with the lines under it."""
    match: re.Match[str] | None = None
    body: list[str] = []
    for line in text.split("\n"):
        if not line or line.startswith(INDENT):
            body.append(line.removeprefix(INDENT))
            continue
        if match:
            yield match, body
        match, body = _HEADER.fullmatch(line), []
    if match:
        yield match, body


def _passage(match: re.Match[str], body: list[str]) -> Passage:
    page, first, last = match["page"], match["first"], match["last"]
    return Passage(
        path=_plain(match["path"]),
        text="\n".join(body),
        page=int(page) if page else None,
        lines=(int(first), int(last)) if first else None,
        heading=_plain(match["heading"] or ""),
        n=int(match["n"]),
    )


def _indented(text: str) -> str:
    return "\n".join(INDENT + line if line else "" for line in text.split("\n"))


def _field(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if _AMBIGUOUS.search(text) else text


def _plain(field: str) -> str:
    return str(json.loads(field)) if field.startswith('"') else field
