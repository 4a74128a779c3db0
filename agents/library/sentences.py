"""Where the sentences of a text begin and end."""

import re
from collections.abc import Iterator

Span = tuple[int, int]
"""Start and end offset in a text."""

# A stop after one of these ends no sentence.
_SHORTENED = """
mr mrs ms dr prof st messrs rev hon gov gen col capt lt sgt sen rep vs cf viz fig figs no nos vol vols pp p ch
sec sect eq eqs ed eds ca approx al inc ltd co corp dept univ jan feb mar apr aug sept sep oct nov dec
bzw bspw nr abb vgl usw ggf
"""
ABBREVIATIONS = frozenset(_SHORTENED.split())

# What ends a sentence even without a stop.
_BLOCK = re.compile(
    "|".join(
        [
            r"(?:^|\n)[ \t]*[^\w\s]{4,}[ \t]*(?=\n|\Z)",  # a rule: -----
            r"\n\s*\n",  # a blank line
            r"\n(?=\s*(?:[-*+•]|\d{1,2}[.)]|#{1,6})\s)",  # before a list item or a heading
            r"\n(?=\s*(?:\||[\[【]\d))",  # before a table row or a line that opens with [1]
            r"(?<=\|)\n",  # behind a table row
            r"(?:(?<=\n)|(?<=\A))#[^\n]*\n",  # a heading
        ]
    )
)
# A stop with what closes it and the citation marks behind it, before a space and no small letter; or a CJK stop.
_STOP = re.compile(
    r"(?<![.!?…])[.!?…]+[\"'”’»)\]*_]*(?:[ \t]*[\[【][\d\s,;–-]+[\]】])*(?=\s+[^\sa-z]|\s*$)|[。！？]+[」』”]?"
)
_LAST_WORD = re.compile(r"[\w.]*\w$")


def sentences(text: str) -> list[Span]:
    """Spans without the white space around them; a heading, a list item, a table row is at least one sentence."""
    return [span for block in blocks(text) for span in _split(text, *block)]


def blocks(text: str) -> Iterator[Span]:
    """Spans of the paragraphs, headings, list items and table rows; some are empty."""
    start = 0
    for match in _BLOCK.finditer(text):
        yield start, match.start()
        if match[0].startswith("#"):
            yield match.span()
        start = match.end()
    yield start, len(text)


def _split(text: str, start: int, end: int) -> Iterator[Span]:
    block = text[start:end]
    begin = 0
    for match in _STOP.finditer(block):
        if match[0] != "." or not is_abbreviated(block[begin : match.start()]):
            yield from _trimmed(text, start + begin, start + match.end())
            begin = match.end()
    yield from _trimmed(text, start + begin, end)


def is_abbreviated(before: str) -> bool:
    """Whether a full stop behind `before` belongs to its last word: "Dr", "p.m", an initial, the number of an item."""
    last = _LAST_WORD.search(before)
    if not last:
        return False
    alone = not before[: last.start()].strip()
    letters = re.fullmatch(r"[A-Z]|[^\W\d](?:\.[^\W\d])+", last[0])
    return bool(letters) or (alone and last[0].isdigit()) or last[0].lower() in ABBREVIATIONS


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
