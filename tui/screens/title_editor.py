"""One line in which a chat gets its title."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ..widgets.field import Field


class TitleEditor(ModalScreen[str | None]):
    """Gives the title, or None where it is to stay as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False, priority=True)]
    DEFAULT_CSS = """
    TitleEditor {
        align: center middle;
        & > Vertical { width: 84; max-width: 100%; height: auto; padding: 1 2; background: $panel; }
        & Input, & Input:focus {
            border: none; height: 1; padding: 0; background: $panel; background-tint: transparent;
        }
        & Static { color: $text-muted; height: auto; margin-top: 1; }
    }
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Field(self._title, placeholder="Title", compact=True)
            yield Static("Title of the chat   Enter saves   Esc leaves it", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)
