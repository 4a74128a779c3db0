"""Takes out of every piece of text what a terminal could obey, before Textual joins the pieces to a frame.

In a frame nobody could tell a sequence of a document from one of Textual's own.
"""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from docmind.agents.text import clean


class CleanFilter(LineFilter):
    """Texts are cleaned where they enter; this is for what was forgotten, and for what a library makes of them."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.text.isascii() and segment.text.isprintable() for segment in segments):
            return segments
        return [Segment(_safe(segment.text), segment.style) for segment in segments if not segment.control]


def _safe(text: str) -> str:
    return clean(text).replace("\n", " ").replace("\t", " ")
