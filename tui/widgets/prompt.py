"""Where questions are typed: grows with its lines, knows the earlier ones, keeps what is too long to type."""

from collections.abc import Mapping, Sequence

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from docmind.agents.text import clean

from ..keymap import actions
from .field import edit, editing_keys

PLACEHOLDER = "Ask about your documents"
MOST_PASTED = 64 * 1024
"""Characters of a paste that the prompt takes; more is no question."""
_EDITING = editing_keys(TextArea)


class Prompt(TextArea):
    """A text area of at most 8 lines without decoration. Its text is cleaned: what is pasted may be anything."""

    DEFAULT_CSS = """
    Prompt {
        height: auto;
        max-height: 8;
        border: none;
        border-left: outer $primary;
        padding: 0 1;
        background: $surface;
        &:focus { border: none; border-left: outer $accent; }
        & .text-area--placeholder { color: $text-muted; }
        & .text-area--cursor-line { background: $surface; }
        &:light .text-area--cursor { color: $input-cursor-foreground; background: $input-cursor-background; }
    }
    """

    class Submitted(Message):
        """Enter was pressed; the prompt is empty, or holds what was typed since."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class TooLong(Message):
        """A paste that the prompt did not take."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, text: str = "", keys: Mapping[str, str] | None = None) -> None:
        """`keys`: those of the user, by command."""
        super().__init__(text, placeholder=PLACEHOLDER, highlight_cursor_line=False)
        self.cursor_blink = False
        self.move_cursor(self.document.end)
        self._actions = actions("prompt", keys or {})
        self._history: list[str] = []
        self._place = 0
        """In the history; at its end stands what is being typed."""
        self._typed = ""

    def load_history(self, history: Sequence[str]) -> None:
        """The earlier questions, newest last."""
        self._history = list(history)
        self._place = len(self._history)

    def replace_text(self, text: str) -> None:
        """Puts another text here, with the cursor at its end; undo brings the old one back."""
        self.replace(text, self.document.start, self.document.end)
        self.move_cursor(self.document.end)

    def sent(self, text: str) -> None:
        """The question was taken: it is the newest of the history."""
        if text.strip() and self._history[-1:] != [text.strip()]:
            self._history.append(text.strip())
        self._place, self._typed = len(self._history), ""

    def give_back(self, text: str) -> None:
        """It was not taken: it stands here again, to be typed over, before what was typed meanwhile."""
        has_more = bool(self.text)
        self.insert(text, self.document.start)
        if not has_more:
            self.select_all()

    def add_quote(self, quoted: str) -> None:
        """Puts it behind what is typed, with a line below it to go on with."""
        before = "" if not self.text.strip() else "\n" if self.text.endswith("\n") else "\n\n"
        self.insert(f"{before}{quoted}\n\n", self.document.end)
        self.move_cursor(self.document.end)

    def action_send(self) -> None:
        self.post_message(self.Submitted(self.text))
        self.clear()  # at once: what is typed from now on belongs to the next question

    def action_newline(self) -> None:
        self._replace_via_keyboard("\n", *self.selection)

    def action_earlier(self) -> None:
        if self.wrapped_document.location_to_offset(self.cursor_location).y > 0:
            self.action_cursor_up()
        else:
            self._go(-1)

    def action_later(self) -> None:
        if self.wrapped_document.location_to_offset(self.cursor_location).y < self.wrapped_document.height - 1:
            self.action_cursor_down()
        else:
            self._go(1)

    def action_undo_typing(self) -> None:
        self.action_undo()

    async def _on_key(self, event: events.Key) -> None:
        if action := self._actions.get(event.key):
            event.stop()
            event.prevent_default()
            getattr(self, action)()
        elif not await edit(self, _EDITING, event):
            await super()._on_key(event)

    def _go(self, step: int) -> None:
        place = self._place + step
        if not 0 <= place <= len(self._history):
            return
        if self._place == len(self._history):
            self._typed = self.text
        self._place = place
        self.replace_text([*self._history, self._typed][place])

    async def _on_paste(self, event: events.Paste) -> None:
        """Large pastes would make every key slow."""
        event.prevent_default()
        event.stop()
        if len(event.text) > MOST_PASTED:
            self.post_message(self.TooLong(event.text))
        else:
            self._replace_via_keyboard(clean(event.text), *self.selection)
            self.focus()
