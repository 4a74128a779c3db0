"""Two answers to the same question: side by side where there is room, else one below the other."""

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from docmind.agents.protocol import KeptTurn, RunEvent

from ..transcript.view import Transcript
from .frame import WIDE


class CompareScreen(ModalScreen[None]):
    """Left (or above) an answer that the arrows change, right (or below) the one that was shown."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 (Textual declares it for instances)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False, priority=True),
        Binding("left", "other(-1)", show=False, priority=True),
        Binding("right", "other(1)", show=False, priority=True),
        Binding("tab", "app.focus_next", show=False),
        Binding("pageup", "scroll(-1)", show=False, priority=True),
        Binding("pagedown", "scroll(1)", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    CompareScreen {
        background: $background;
        & > Container { layout: horizontal; height: 1fr; }
        &.-narrow > Container { layout: vertical; }
        & Vertical { width: 1fr; height: 1fr; }
        & .title { height: 1; padding: 0 1; background: $panel; color: $primary; text-style: bold; }
        & .keys { height: 1; padding: 0 1; background: $panel; color: $text-muted; }
        & Transcript { height: 1fr; }
    }
    """

    def __init__(self, turns: Sequence[KeptTurn], run: str) -> None:
        """`turns`: all answers, at least two, in the order in which they were asked for; `run`: which one is shown."""
        super().__init__()
        self._turns = list(turns)
        self._since = defaultdict[str, list[RunEvent]](list)
        """What has come of each answer since then."""
        self._shown = next((n for n, turn in enumerate(turns) if turn.run == run), len(turns) - 1)
        self._other = self._shown - 1 if self._shown else 1

    def compose(self) -> ComposeResult:
        with Container():
            for side in ("other", "shown"):
                with Vertical(id=side):
                    yield Static("", classes="title", markup=False)
                    yield Transcript()
        others = "Left Right another answer   " if len(self._turns) > 2 else ""
        yield Static(f"{others}PageUp PageDown scroll   Esc close", classes="keys", markup=False)

    def on_mount(self) -> None:
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """Once the texts know their look."""
        self._fill("other", self._other)
        self._fill("shown", self._shown)

    def show(self, event: RunEvent) -> None:
        """What happens to an answer that is still being written, also before its text stands."""
        self._since[event.run].append(event)
        for transcript in self.query(Transcript):
            transcript.show(event)

    def _fill(self, side: str, number: int) -> None:
        turn, place = self._turns[number], self.query_one(f"#{side}")
        profile = f"   {turn.profile}" if turn.profile else ""
        place.query_one(Static).update(f"{number + 1} of {len(self._turns)}{profile}")
        transcript = place.query_one(Transcript)
        transcript.clear()
        transcript.recall([turn])
        for event in self._since[turn.run]:
            transcript.show(event)
        transcript.go(0)

    def action_other(self, step: int) -> None:
        places = [number for number in range(len(self._turns)) if number != self._shown]
        self._other = places[(places.index(self._other) + step) % len(places)]
        self._fill("other", self._other)

    def action_scroll(self, pages: int) -> None:
        """Both: the same question is answered at about the same height."""
        for transcript in self.query(Transcript):
            transcript.action_page_down() if pages > 0 else transcript.action_page_up()
