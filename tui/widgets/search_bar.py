"""One line in which to search the chat."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from .field import Field


class SearchBar(Horizontal):
    """Hidden until it is opened. Posts what is searched for at each change, and the steps between the hits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "step(1)", "Next", show=False, priority=True),
        Binding("up,shift+enter", "step(-1)", "Previous", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    SearchBar {
        height: 1; display: none; background: $surface;
        &.-open { display: block; }
        & Input { width: 1fr; border: none; height: 1; padding: 0 1; background: $surface; }
        & Input:focus { border: none; }
        & Static { width: auto; min-width: 12; padding: 0 1; color: $text-muted; text-align: right; }
    }
    """

    place = ""
    """Where the search stands, in words."""
    words = ""
    """What was searched for last."""

    class Wanted(Message):
        """These words are searched for; empty: nothing any more."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Step(Message):
        """To the next hit (1) or the one before (-1)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def compose(self) -> ComposeResult:
        yield Field(placeholder="Search this chat", compact=True)
        yield Static("", markup=False)

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def open(self, words: str = "") -> None:
        """Shows it, with the focus."""
        self.add_class("-open")
        field = self.query_one(Input)
        field.cursor_blink = False
        if words:
            field.value = words
        self.screen.set_focus(field)  # at once: letters may come with the key that opens it

    def reopen(self) -> None:
        """Shows the last search once more, without the focus."""
        self.add_class("-open")
        self.query_one(Input).value = self.words

    def show_found(self, words: str, which: int, of: int) -> None:
        """Shows it without the focus, for words that were found elsewhere and are marked already."""
        with self.prevent(Input.Changed):
            self.query_one(Input).value = words
        self.add_class("-open")
        self.show_place(which, of)

    def close(self) -> None:
        """Hides it; nothing is marked any more."""
        self.remove_class("-open")
        self.query_one(Input).value = ""

    def show_place(self, which: int, of: int) -> None:
        """`3 of 12`."""
        self.place = f"{which} of {of}" if of else "no match"
        self.query_one(Static).update(self.place)

    def action_step(self, step: int) -> None:
        self.post_message(self.Step(step))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.words = event.value or self.words
        if not event.value:
            self.query_one(Static).update("")
        self.post_message(self.Wanted(event.value))
