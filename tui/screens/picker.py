"""A list to choose from by keys: typing filters, arrows move, Enter takes, Esc leaves."""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from ..widgets.field import Field


class Row(NamedTuple):
    """One of the list."""

    name: str
    """Empty: it cannot be chosen, and heads those that follow."""
    words: str
    """What the filter looks at."""
    shown: Content


class Picker(ModalScreen[str | None]):
    """Gives the name of the row that was taken, or None. Subclasses give the rows, and what is said about one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False, priority=True),
        Binding("up", "move('cursor_up')", show=False, priority=True),
        Binding("down", "move('cursor_down')", show=False, priority=True),
        Binding("pageup", "move('page_up')", show=False, priority=True),
        Binding("pagedown", "move('page_down')", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Picker {
        align: center middle;
        & > Vertical {
            width: 104; max-width: 100%; height: auto; max-height: 90%;
            padding: 1 2; background: $panel;
        }
        & Input, & Input:focus {
            border: none; height: 1; padding: 0; background: $panel; background-tint: transparent; margin-bottom: 1;
        }
        & OptionList, & OptionList:focus {
            border: none; padding: 0; height: auto; max-height: 50vh; background: $panel; scrollbar-size-vertical: 1;
            text-wrap: nowrap; text-overflow: ellipsis;
            & > .option-list--option-highlighted {
                background: $block-cursor-background; color: $block-cursor-foreground;
            }
        }
        & Static { color: $text-muted; height: auto; margin-top: 1; }
    }
    """

    def __init__(self, title: str, current: str) -> None:
        super().__init__()
        self._title, self._current = title, current
        self._filter = ""
        self.is_taking = False
        """Whether a row is to be taken as soon as it is known."""

    def rows(self) -> Iterable[Row]:
        """All of them, in their order."""
        raise NotImplementedError

    def about(self, name: str) -> Content:
        """What is said below the list about the row under the cursor."""
        return Content("")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Field(placeholder=f"{self._title}: type to filter", compact=True)
            yield OptionList(markup=False)
            yield Static("", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        self.query_one(Input).focus()
        self.fill(self._current)

    def fill(self, name: str | None = None) -> None:
        """Shows the rows that match the filter, with the cursor at `name`, else where it was."""
        wanted = name or self.chosen
        rows = list(self.matching())
        options = self.query_one(OptionList)
        options.set_options([Option(row.shown, id=row.name or None, disabled=not row.name) for row in rows])
        names = [row.name for row in rows]
        first = next((number for number, name in enumerate(names) if name), None)
        options.highlighted = names.index(wanted) if wanted in names else first
        self._describe()

    def matching(self) -> Iterable[Row]:
        """The rows with all words of the filter."""
        words = self._filter.lower().split()
        return (row for row in self.rows() if all(word in row.words.lower() for word in words))

    @property
    def chosen(self) -> str | None:
        """The name under the cursor."""
        option = self.query_one(OptionList).highlighted_option
        return option.id if option else None

    def on_input_changed(self, event: Input.Changed) -> None:
        self._filter = event.value
        self.fill()

    def on_input_submitted(self) -> None:
        self.action_take()

    def on_option_list_option_highlighted(self) -> None:
        self._describe()

    def on_option_list_option_selected(self) -> None:
        self.action_take()

    def action_take(self) -> None:
        if self.chosen:
            self.dismiss(self.chosen)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()

    def _describe(self) -> None:
        self.query_one(Static).update(self.about(self.chosen) if self.chosen else self.about_nothing())

    def about_nothing(self) -> Content:
        """What is said where there is no row."""
        return Content("Nothing matches." if self._filter else "Not known yet.")
