"""The passage behind a citation, with what stands around it in the document."""

import re
from typing import ClassVar

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
from .numbered import Numbered

STATES = {
    "changed": "the file has changed since",
    "gone": "the file is gone",
}
_WORDS = "bold underline"
"""Style of the words that the answer rests on."""


class SourcePanel(Vertical):
    """Hidden until a citation is opened; what the passage itself holds is there at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e,enter", "edit", show=False),
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
        yield Static("← → sources   e editor   Esc close", classes="source--keys", markup=False)

    def on_mount(self) -> None:
        self.screen.screen_layout_refresh_signal.subscribe(self, self._show_words)

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def open(self, citation: Citation, passage: Passage) -> None:
        """Shows the passage; its surroundings follow by `show`."""
        self.citation, self._passage, self._source, self._place = citation, passage, None, None
        self.add_class("-open")
        self._fill()
        self.query_one(VerticalScroll).focus()

    def show(self, source: Source) -> None:
        """What stands around the passage, if it is still this one that is looked at."""
        if self.is_open and source.passage == self._passage:
            self._source = source
            self._fill()

    def close(self) -> None:
        self.remove_class("-open")

    def action_edit(self) -> None:
        source, passage = self._source, self._passage
        if not source or not passage:
            return
        if source.file:
            lines = (self.citation and self.citation.lines) or passage.lines
            self.post_message(self.EditorWanted(source.file, lines[0] if lines else None))
        else:
            self.notify("The file is gone.", severity="error", markup=False)

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
        own, last = passage.lines or (None, None)
        if source.after_line:
            last = source.after_line + source.after.count("\n")
        marked = _marked(passage.text, citation.quote)
        self._words = next((span.start for span in marked.spans), 0)
        title = self.query_one(".source--title", Static)
        title.update(_title(citation, passage, source))
        for part, content, first in (
            ("#before", Content(source.before), source.first_line),
            (".source--passage", marked, own),
            ("#after", Content(source.after), source.after_line),
        ):
            self.query_one(part, Numbered).show(content, first, last)


def _title(citation: Citation, passage: Passage, source: Source) -> Content:
    where = place(one_line(citation.path, 300), citation.page, citation.lines)
    marks = [] if citation.verified else ["unverified: its words do not support what the answer says"]
    if source.state != "current":
        marks.append(STATES[source.state])
    heading = f"\n{one_line(passage.heading, 200)}" if passage.heading else ""
    warning = "".join(f"\n! {mark}" for mark in marks)
    return Content.assemble(
        (f"[{citation.n}] ", "$accent"), (where, "bold"), (heading, "$text-muted"), (warning, "$warning")
    )


def _marked(text: str, quote: str) -> Content:
    """The quoted words stand out; how the spaces and line breaks between them are does not matter."""
    pattern = r"\s+".join(map(re.escape, quote.split()))
    found = re.search(pattern, text) if pattern else None
    return Content(text).stylize(_WORDS, found.start(), found.end()) if found else Content(text)
