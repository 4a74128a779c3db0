"""The last line: what goes on at the left, the keys that matter at the right."""

from collections.abc import Sequence

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

GAP = "   "


class Status(Widget):
    """`writing             F1 help   F2 models   Esc stop`. Keys that do not fit are left out, the last first."""

    DEFAULT_CSS = """
    Status { height: 1; padding: 0 1; color: $text-muted; }
    """
    state: reactive[str] = reactive("")
    """What docmind is doing."""
    summary: reactive[str] = reactive("")
    """The sidebar in short, where it is hidden."""
    keys: reactive[Sequence[tuple[str, str]]] = reactive[Sequence[tuple[str, str]]](())
    """Key and what it does."""

    def render(self) -> RenderResult:
        left = Content(GAP.join(filter(None, [self.state, self.summary]))).truncate(self.size.width, ellipsis=True)
        keys = list(self.keys)
        while keys and left.cell_length + len(GAP) + _keys(keys).cell_length > self.size.width:
            keys.pop()
        right = _keys(keys)
        return Content.assemble(left, " " * (self.size.width - left.cell_length - right.cell_length), right)


def _keys(keys: Sequence[tuple[str, str]]) -> Content:
    parts = [Content.assemble((key, "bold"), f" {what}") for key, what in keys]
    return Content(GAP).join(parts)
