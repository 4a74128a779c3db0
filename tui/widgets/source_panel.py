"""The passage behind a citation, with what stands around it in the document."""

import re
from typing import ClassVar

from msgspec.structs import replace
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from docmind.agents.protocol import Source
from docmind.agents.records import Citation, Passage
from docmind.agents.text import one_line

from ..places import place
from ..stale import LEGEND, difference, told
from .numbered import Numbered

_WORDS = "bold underline"
"""Style of the words that the answer rests on."""


class SourcePanel(Vertical):
    """Hidden until a citation is opened; what the passage itself holds is there at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e,enter", "edit", show=False),
        Binding("d", "difference", show=False),
        Binding("right_square_bracket,right", "step(1)", show=False),
        Binding("left_square_bracket,left", "step(-1)", show=False),
    ]
    DEFAULT_CSS = """
    SourcePanel {
        display: none; width: 1fr; max-width: 90; background: $panel; padding: 0 1;
        &.-open { display: block; }
        & .source--title { height: auto; margin-bottom: 1; }
        & .source--keys { height: 1; color: $text-muted; }
        & VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
        & .source--around { color: $text-muted; padding-left: 2; }
        & .source--passage { border-left: outer $accent; padding-left: 1; }
    }
    """

    class EditorWanted(Message):
        """The file is to be opened, at this line from 1."""

        def __init__(self, path: bytes, line: int | None) -> None:
            super().__init__()
            self.path, self.line = path, line

    class Step(Message):
        """To the next citation (1) or the one before (-1)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__()
        self.citation: Citation | None = None
        self._passage: Passage | None = None
        self._source: Source | None = None
        self._differing = False
        """Whether the difference is shown instead of the passage."""
        self._words = 0
        """Where the quoted words begin in the passage."""
        self._place: Region | None = None
        """Where the passage stands among its surroundings."""

    def compose(self) -> ComposeResult:
        yield Static("", classes="source--title", markup=False)
        with VerticalScroll():
            yield Numbered(classes="source--around", id="before")
            yield Numbered(classes="source--passage")
            yield Numbered(classes="source--around", id="after")
        yield Static(classes="source--keys", markup=False)

    def on_mount(self) -> None:
        self.screen.screen_layout_refresh_signal.subscribe(self, self._show_words)

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def open(self, citation: Citation, passage: Passage) -> None:
        """Shows the passage; its surroundings follow by `show`."""
        self.citation, self._passage, self._source, self._place = citation, passage, None, None
        self._differing = False
        self.add_class("-open")
        self._fill()
        self.query_one(VerticalScroll).focus()

    def show(self, source: Source) -> None:
        """What stands around the passage, if it is still this one that is looked at; a brief look tells no more."""
        if self.is_open and not source.brief and source.passage == self._passage:
            self._source = source
            self._fill()

    def close(self) -> None:
        self.remove_class("-open")

    def action_edit(self) -> None:
        source = self._source
        if source and source.file:
            self.post_message(self.EditorWanted(source.file, self._line(source)))
        elif source:
            self.notify(f"There is nothing to open: {told(source)}.", severity="error", markup=False)

    def action_difference(self) -> None:
        """Shows what is different in the file now, and the passage again."""
        if self._source and self._source.changes:
            self._differing = not self._differing
            self._place = None
            self._fill()
        elif self._source:
            self.notify("There is no difference to show.", markup=False)

    def action_step(self, step: int) -> None:
        self.post_message(self.Step(step))

    def _show_words(self, _screen: Screen[object]) -> None:
        """When the passage has got another place, the quoted words come into sight, with its beginning if it fits."""
        scroll, passage = self.query_one(VerticalScroll), self.query_one(".source--passage", Numbered)
        if not self.is_open or passage.virtual_region == self._place:
            return
        self._place = passage.virtual_region
        top = self._place.y - 2
        words = self._place.y + passage.rows_above(self._words)
        if words > top + scroll.size.height * 2 // 3:
            top = words - scroll.size.height // 3
        scroll.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _fill(self) -> None:
        citation, passage = self.citation, self._passage
        assert citation
        assert passage
        source = self._source or Source(look="", passage=passage)
        self.query_one(".source--title", Static).update(_title(citation, passage, source, self._differing))
        other = ("   d passage" if self._differing else "   d difference") if source.changes else ""
        self.query_one(".source--keys", Static).update(f"← → sources{other}   e editor   Esc close")
        text = _marked(passage.text, citation.quote)
        if self._differing:  # lines of two versions have no numbers
            text, source = difference(source.changes), Source(look="", passage=replace(passage, lines=None))
        self._words = 0 if self._differing else next((span.start for span in text.spans), 0)
        own, last = _lines(source) or (None, None)
        if source.after_line:
            last = source.after_line + source.after.count("\n")
        for part, content, first in (
            ("#before", Content(source.before), source.first_line),
            (".source--passage", text, own),
            ("#after", Content(source.after), source.after_line),
        ):
            self.query_one(part, Numbered).show(content, first, last)

    def _line(self, source: Source) -> int | None:
        """Where the editor opens the file: at the words that the answer rests on, else at the passage."""
        assert self.citation
        lines, quoted, passage = _lines(source), self.citation.lines, source.passage.lines
        if source.state == "changed":
            lines, quoted = source.lines or lines, None
        moved = lines[0] - passage[0] if lines and passage else 0
        return quoted[0] + moved if quoted else lines and lines[0]


def _lines(source: Source) -> tuple[int, int] | None:
    """Where the words of the passage stand: in the file as it is now if they are there."""
    return (source.lines if source.state != "changed" else None) or source.passage.lines


def _title(citation: Citation, passage: Passage, source: Source, differing: bool) -> Content:
    where = place(one_line(citation.path, 300), citation.page, citation.lines)
    marks = [] if citation.verified else ["unverified: its words do not support what the answer says"]
    became = told(source)
    is_there = source.state in ("current", "moved")
    if became and not is_there:
        marks.append(became + (f": {LEGEND}" if differing else "; d shows the difference" if source.changes else ""))
    heading = f"\n{one_line(passage.heading, 200)}" if passage.heading else ""
    moved = f"\n{became}" if became and is_there else ""
    warning = "".join(f"\n! {mark}" for mark in marks)
    return Content.assemble(
        (f"[{citation.n}] ", "$accent"), (where, "bold"), (heading + moved, "$text-muted"), (warning, "$warning")
    )


def _marked(text: str, quote: str) -> Content:
    """The quoted words stand out; how the spaces and line breaks between them are does not matter."""
    pattern = r"\s+".join(map(re.escape, quote.split()))
    found = re.search(pattern, text) if pattern else None
    return Content(text).stylize(_WORDS, found.start(), found.end()) if found else Content(text)
