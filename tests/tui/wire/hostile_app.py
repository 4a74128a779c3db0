"""An app that shows hostile strings in every kind of widget that docmind uses: hostile_app.py BATCHES SIZE [open].

`open`: without docmind's filter and driver, to show that the strings are hostile.
"""

import random
import sys
from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.widgets import Input, Label, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from docmind.agents.protocol import Token
from docmind.tui.transcript.view import Transcript
from docmind.tui.wire.clean_filter import CleanFilter
from docmind.tui.wire.driver import WireDriver

PIECES = (
    *("\x1b", "\x1b[", "\x1b]", "\x9b", "\x9d", "\x90", "\x07", "\x1b\\", "\x9c", "\x08", "\r", "\x00", "\x7f", "\x85"),
    *("\x1b[38;5;213m", "\x9b38;5;213m", "\x1b[999;7H", "\x1b[2J", "\x1b[?25h", "\x1b[?1049l", "\x1b[5n", "\x1bc"),
    *(
        "\x1b]52;c;aGFja2Vk\x07",
        "\x1b]52;c;aGFja2Vk\x1b\\",
        "\x1b]0;title\x07",
        "\x1b]8;;http://x\x1b\\",
        "\x1bPq\x1b\\",
    ),
    *("\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\u2028", "\U000e0041", "\udcff", "\u0301", "\u200d", "\ufe0f"),
    *(
        "a",
        "word",
        "世",
        "\U0001f600",
        "*",
        "`",
        "[@click=app.bell]x[/]",
        "[link=http://x]y[/]",
        "&#27;[31m",
        "&#x202e;",
    ),
)
"""Marks of ours that Textual never writes: the colour 213 and the row 999."""


class Hostile(App[None]):
    """One batch of strings after another."""

    CSS = "Static, TextArea, OptionList, Transcript { height: 1fr; }"

    def __init__(self, batches: int, size: int, safe: bool) -> None:
        super().__init__(driver_class=WireDriver if safe else None)
        self._left, self._strings, self._safe = batches, size, safe
        self._random, self._filter = random.Random(3), CleanFilter()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *([self._filter] if self._safe else [])]

    def compose(self) -> ComposeResult:
        yield Static(markup=False)
        yield Label(markup=False)
        yield Input()
        yield TextArea()
        yield OptionList(markup=False)
        yield Transcript()

    def on_mount(self) -> None:
        self.call_after_refresh(self.show_batch)

    def show_batch(self) -> None:
        self._left -= 1
        strings = ["".join(self._random.choices(PIECES, k=4)) for _ in range(self._strings)]
        text = " ".join([f"batch {self._left}", *strings])
        self.title = text
        self.query_one(Static).update(text)
        self.query_one(Label).update(" ".join(strings[:8]))
        self.query_one(Input).value = text[:200]
        self.query_one(TextArea).text = text
        self.query_one(OptionList).set_options([Option(text), *map(Option, strings[:5])])
        transcript = self.query_one(Transcript)
        transcript.clear()
        transcript.ask("run", text)
        transcript.show(Token(run="run", text=text))
        self.clear_notifications()
        self.notify(" ".join(strings[:5]), markup=False)
        self.call_after_refresh(self.show_batch if self._left else self.show_end)

    def show_end(self) -> None:
        self.query_one(Label).update("all shown")


if __name__ == "__main__":
    batches, size, *mode = sys.argv[1:]
    Hostile(int(batches), int(size), not mode).run()
