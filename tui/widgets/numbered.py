"""Lines of a document behind their numbers; what is wrapped stays behind them, too."""

from functools import lru_cache

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget


class Numbered(Widget):
    """Empty and hidden until `show`."""

    DEFAULT_CSS = "Numbered { width: 100%; height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._text, self._digits = Content(), 0
        self._first: int | None = None
        self._laid = lru_cache(1)(self._lay)

    def show(self, text: Content, first: int | None, last: int | None) -> None:
        """`text` with numbers from `first`, where the document has them; all as wide as `last`."""
        self._text, self._first = text, first
        self._digits = 0 if first is None else len(str(last))
        self._laid.cache_clear()
        self.display = bool(text)
        self.refresh(layout=True)

    def rows_above(self, position: int) -> int:
        """Rows of the screen above the one that holds this character of the text."""
        width, before = self.content_size.width, self._text[:position].split("\n", allow_blank=True)
        return sum(len(self._wrapped(row, width)) for row in before) - 1 if width and before else 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._laid(width))

    def render(self) -> Content:
        return Content("\n").join(self._laid(self.content_size.width))

    def _lay(self, width: int) -> list[Content]:
        rows = self._text.split("\n", allow_blank=True) if self._text else []
        laid: list[Content] = []
        for number, row in enumerate(rows, self._first or 0):
            pieces = self._wrapped(row, width)
            if self._first is None:
                laid += pieces
                continue
            laid.append(Content.assemble((f"{number:>{self._digits}}  ", "$text-muted"), pieces[0]))
            laid += [Content.assemble(" " * (self._digits + 2), piece) for piece in pieces[1:]]
        return laid

    def _wrapped(self, row: Content, width: int) -> list[Content]:
        room = max(width - (self._digits + 2 if self._first is not None else 0), 4)
        return row.wrap(room) or [row]
