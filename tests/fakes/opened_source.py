"""A small app around the source panel."""

from textual import on
from textual.app import App, ComposeResult
from textual.content import Content
from textual.widgets import Static

from docmind.agents.protocol import Source
from docmind.agents.records import Citation, Passage
from docmind.tui.widgets.source_panel import SourcePanel

PASSAGE = Passage(
    path="manual.md",
    text="The pump is upstream.\n    It runs at 18 l/min\n  since revision C.",
    lines=(9, 11),
    heading="Cooling > Pump",
    n=2,
)
CITATION = Citation(
    n=2, path="manual.md", page=None, lines=(9, 11), quote="runs at 18 l/min since revision C", verified=True
)
SOURCE = Source(
    look="1",
    passage=PASSAGE,
    before="# Cooling\n## Pump",
    after="Two valves\nwere removed.",
    first_line=7,
    after_line=12,
    file=b"/docs/manual.md",
)


class Opened(App[None]):
    """The panel with a citation opened, and what it asks for."""

    def __init__(self, citation: Citation = CITATION, passage: Passage = PASSAGE) -> None:
        super().__init__()
        self._opened = citation, passage
        self.asked: list[object] = []

    def compose(self) -> ComposeResult:
        yield SourcePanel()

    def on_mount(self) -> None:
        self.panel.open(*self._opened)

    @on(SourcePanel.EditorWanted)
    def _editor(self, event: SourcePanel.EditorWanted) -> None:
        self.asked.append((event.path, event.line))

    @on(SourcePanel.Step)
    def _step(self, event: SourcePanel.Step) -> None:
        self.asked.append(event.step)

    @property
    def panel(self) -> SourcePanel:
        return self.query_one(SourcePanel)

    def content(self, part: str) -> Content:
        found = self.panel.query_one(part)
        content = found.content if isinstance(found, Static) else found.render()
        assert isinstance(content, Content | str)
        return Content(content) if isinstance(content, str) else content

    def marked(self) -> str:
        """What stands out in the passage."""
        content = self.content(".source--passage")
        return "".join(content.plain[span.start : span.end] for span in content.spans if "underline" in str(span.style))
