"""The first line: which documents, and which profile answers."""

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from docmind.agents.records import ProfileState
from docmind.agents.text import one_line

from ..signs import SIGNS, STYLES


class Heading(Widget):
    """`docmind  ~/papers                    balanced · llama3.1:8b ●`; what does not fit is cut.

    `docmind  ~/papers · Colour of the pump` once the chat has a title that is not its first question.
    """

    DEFAULT_CSS = """
    Heading { height: 1; padding: 0 1; color: $text-muted; }
    """
    profile: reactive[ProfileState | None] = reactive(None)
    pinned: reactive[bool] = reactive(False)
    """Whether no other profile may answer."""
    engine: reactive[bool] = reactive(True)
    """Whether there is one, or will soon be."""

    folders: reactive[str] = reactive("")
    """The folders that are open."""

    chat: reactive[str] = reactive("")
    """Its title, and what the list says of it."""

    def __init__(self, folders: str) -> None:
        super().__init__()
        self.set_reactive(Heading.folders, folders)

    def render(self) -> RenderResult:
        badge = _badge(self.profile, self.pinned) if self.engine else Content("no engine")
        room = self.size.width - len("docmind  ") - badge.cell_length - 2
        told = " · ".join(filter(None, [one_line(self.folders, 500), self.chat]))
        folders = Content(told).truncate(max(room, 0), ellipsis=True)
        gap = self.size.width - len("docmind  ") - folders.cell_length - badge.cell_length
        return Content.assemble(("docmind", "bold $primary"), "  ", folders, " " * max(gap, 1), badge)


def _badge(profile: ProfileState | None, pinned: bool) -> Content:
    if profile is None:
        return Content("finding a model …")
    name, model = one_line(profile.name, 40), one_line(profile.model, 40)
    parts = [(name, "$foreground"), *([(f" · {model}", "")] if model and model != name else [])]
    return Content.assemble(*parts, " pinned" * pinned, " ", (SIGNS[profile.state], STYLES[profile.state]))
