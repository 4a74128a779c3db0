"""Paints the lines in the look of the theme, with the hits of a search, the cursor and the selection."""

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from .entries import Entry
from .lines import segments_of
from .scrolling import Scrolling

ROLES = (
    *(
        "you",
        "question",
        "heading",
        "subheading",
        "muted",
        "sign",
        "inside",
        "quote",
        "inline-code",
        "link",
        "citation",
    ),
    *("source", "warning", "error", "table-head", "code", "code-keyword", "code-name", "code-string", "code-number"),
    *("code-comment", "code-deleted", "hit", "cursor"),
)
"""What text can be; the component class of each is `transcript--ROLE`."""

_BETWEEN_WORDS = r"[*_~`]*\s+[*_~`]*"
"""In the source that is searched, words that are seen side by side may have the marks of Markdown between them."""


class Painting(Scrolling):
    """Also knows where the cursor is: at one of the entries that the keys halt at, or nowhere."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"transcript--{role}" for role in ROLES}
    DEFAULT_CSS = """
    Painting {
        padding: 0 1;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        background: $background;
        color: $foreground;
        & .transcript--you { color: $primary; text-style: bold; }
        & .transcript--question { text-style: bold; }
        & .transcript--heading { color: $primary; text-style: bold; }
        & .transcript--subheading { text-style: bold; }
        & .transcript--muted, & .transcript--source, & .transcript--inside { color: $text-muted; }
        & .transcript--sign, & .transcript--citation { color: $accent; }
        & .transcript--quote { text-style: italic; }
        & .transcript--inline-code { color: $secondary; }
        & .transcript--link { color: $secondary; text-style: underline; }
        & .transcript--warning { color: $warning; }
        & .transcript--error { color: $error; }
        & .transcript--table-head { text-style: bold; }
        & .transcript--code { background: $surface; }
        & .transcript--code-keyword { color: $primary; }
        & .transcript--code-name { color: $secondary; }
        & .transcript--code-string { color: $success; }
        & .transcript--code-number { color: $accent; }
        & .transcript--code-comment { color: $text-muted; text-style: italic; }
        & .transcript--code-deleted { color: $error; }
        & .transcript--hit { text-style: reverse; }
        & .transcript--cursor { color: $accent; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._look: dict[str, Style] = dict.fromkeys(ROLES, Style())
        self._styled_for: tuple[object, ...] = ()
        self.current: Entry | None = None
        """Where the cursor is."""
        self._words: re.Pattern[str] | None = None
        self._hit: Entry | None = None
        self._painting = False

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_mounted:
            self.call_next(self._dress)  # the component styles come last

    def on_resize(self) -> None:
        self._dress()

    def _dress(self) -> None:
        """Takes the theme's styles and the width, where they have changed."""
        look = {role: self.get_component_rich_style(f"transcript--{role}", partial=True) for role in ROLES}
        styled_for = (self.columns, self.page, self.rich_style, *look.values())
        if styled_for != self._styled_for:
            self._styled_for, self._look = styled_for, look
            self.restyle(look)
            self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """For the screen. Only the mouse asks where a line stands, and it asks `render_line`: painted, each place would
        be a style of its own, of which Textual keeps 16,384."""
        self._painting = True
        try:
            return super().render_lines(crop)
        finally:
            self._painting = False

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.rich_style
        number = round(self.scroll_y) + y
        line = self.layout_of_lines.line(number)
        if line is None:
            return Strip.blank(width, base)
        text = line.text.copy()
        if self._words:
            for found in self._words.finditer(text.plain):
                text.stylize(self._look["hit"], *found.span())
        if self.current and self._is_first_line_of(self.current, number):
            text.stylize(self._look["cursor"])
        if (selection := self.text_selection) and (span := selection.get_span(number)):
            style = self.screen.get_component_rich_style("screen--selection")
            text.stylize(style, span[0], len(text) if span[1] == -1 else span[1])
        strip = Strip(segments_of(text), text.cell_len).apply_style(base).adjust_cell_length(width, base)
        return strip if self._painting else strip.apply_offsets(0, number)

    def _is_first_line_of(self, entry: Entry, number: int) -> bool:
        index, inside = self.layout_of_lines.at(number)
        return self.layout_of_lines.entries[index] is entry and inside == int(entry.gap)

    def redraw(self, entry: Entry) -> None:
        """Its height may be another one now."""
        index = self.layout_of_lines.entries.index(entry)
        self.layout_of_lines.draw(index)

    # --- the cursor

    def action_next_stop(self) -> None:
        self._go_to_stop(1)

    def action_previous_stop(self) -> None:
        self._go_to_stop(-1)

    def _go_to_stop(self, step: int) -> None:
        """From the cursor; without one, from what is shown."""
        entries = self.layout_of_lines.entries
        if self.current in entries:
            place = entries.index(self.current)
        elif entries:
            top = round(self.scroll_y) + (self.page - 1 if step < 0 else 0)
            place = self.layout_of_lines.at(min(top, max(self.layout_of_lines.height - 1, 0)))[0] - step
        else:
            return
        while 0 <= (place := place + step) < len(entries):
            if entries[place].stop:
                self.current = entries[place]
                self.reveal(place)
                return

    def reveal(self, index: int) -> None:
        """Scrolls as little as shows the first lines of an entry."""
        line, top = self.layout_of_lines.top(index), round(self.scroll_y)
        if not top <= line < top + self.page - 2:
            self.go(line)
        self.refresh()

    # --- searching

    def search(self, words: str) -> int:
        """Marks these words, however they are spaced and written; returns how many paragraphs hold them."""
        pattern = _BETWEEN_WORDS.join(map(re.escape, words.split()))
        self._words = re.compile(pattern, re.IGNORECASE) if pattern else None
        self._hit = None
        self.refresh()
        return len(self._hits())

    def next_hit(self, step: int = 1) -> tuple[int, int]:
        """Shows the next paragraph with these words, or the one before: which it is, of how many; (0, 0) for none."""
        hits = self._hits()
        if not hits:
            return 0, 0
        entries = self.layout_of_lines.entries
        place = [entries[index] for index in hits].index(self._hit) if self._hit in entries else -1 if step > 0 else 0
        return self._show_hit(hits, (place + step) % len(hits))

    def show_words(self, words: Iterable[str], first: int) -> tuple[int, int]:
        """Marks each of these words, and shows the first from this entry on: as `next_hit`."""
        self._words = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
        hits = self._hits()
        return self._show_hit(hits, next((n for n, hit in enumerate(hits) if hit >= first), 0)) if hits else (0, 0)

    def _show_hit(self, hits: Sequence[int], place: int) -> tuple[int, int]:
        entries = self.layout_of_lines.entries
        self._hit = entries[hits[place]]
        lines = self.layout_of_lines.draw(hits[place])
        words = self._words
        inside = next((n for n, line in enumerate(lines) if words and words.search(line.text.plain)), 0)
        self.go(self.layout_of_lines.top(hits[place]) + inside)
        self.refresh()
        return place + 1, len(hits)

    def _hits(self) -> list[int]:
        words = self._words
        if not words:
            return []
        return [number for number, entry in enumerate(self.layout_of_lines.entries) if words.search(entry.text)]
