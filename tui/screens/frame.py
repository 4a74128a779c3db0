"""The frame of the chat: its parts, where they find room, and what stands in the last line where they do not."""

from typing import TYPE_CHECKING, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from ..hints import Where
from ..transcript.view import Transcript
from ..widgets.heading import Heading
from ..widgets.prompt import Prompt
from ..widgets.search_bar import SearchBar
from ..widgets.sidebar import Sidebar
from ..widgets.source_panel import SourcePanel
from ..widgets.status import Status

if TYPE_CHECKING:
    from ..app import DocmindApp


WIDE = 100
"""Columns from which there is room for the sidebar."""
WIDER = 150
"""Columns from which there is room for a source beside it."""


class Frame(Screen[None]):
    """Lays out the parts. What they show is in conversation.py."""

    AUTO_FOCUS = "Prompt"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide"), (WIDER, "-wider")]  # noqa: RUF012 (Textual declares it for instances)

    def __init__(self) -> None:
        super().__init__()
        self._summary = ""

    @property
    def docmind(self) -> "DocmindApp":
        return cast("DocmindApp", self.app)

    @property
    def transcript(self) -> Transcript:
        return self.query_one(Transcript)

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="chat"):
                yield Heading(self.docmind.start.folders)
                yield Transcript()
                yield SearchBar()
                yield Prompt(self.docmind.draft, self.docmind.keys)
                yield Status()
            yield SourcePanel()
            yield Sidebar()

    @property
    def where(self) -> Where:
        """Which part has the focus."""
        if self.query_one(SearchBar).has_focus_within:
            return "search"
        return "text" if self.transcript.has_focus else "prompt"

    @on(Sidebar.SummaryChanged)
    def _summary_changed(self, event: Sidebar.SummaryChanged) -> None:
        self._summary = event.summary
        self.show_summary()

    def show_summary(self) -> None:
        """The sidebar in short, where it is not seen."""
        hidden = self.query_one(Sidebar).has_class("-hidden") or not self.sidebar_fits
        self.query_one(Status).summary = self._summary if hidden else ""

    @property
    def sidebar_fits(self) -> bool:
        """A source takes its place where there is no room for both; chat.tcss says the same."""
        return self.app.size.width >= (WIDER if self.has_class("-source") else WIDE)

    def on_resize(self) -> None:
        self.show_summary()
