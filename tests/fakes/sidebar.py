"""A sidebar alone, and samples of the hardware for it."""

from typing import Any

from textual import on
from textual.app import App, ComposeResult

from docmind.agents.hardware.gpu import Gpu, Reading
from docmind.agents.hardware.machine import Machine
from docmind.agents.hardware.watching import Sample
from docmind.agents.protocol import Answered
from docmind.agents.records import Timings, Usage
from docmind.tui.widgets.sidebar import Sidebar


class Counted(Sidebar):
    """Knows which of its lines were painted."""

    def __init__(self, reader: Any = None) -> None:
        super().__init__(reader)
        self.painted: list[int] = []

    def render_line(self, y: int) -> Any:
        self.painted.append(y)
        return super().render_line(y)

    @property
    def text(self) -> str:
        lines = [super(Counted, self).render_line(y).text.strip() for y in range(self.size.height)]
        return "\n".join(lines).strip()


def answered(profile: str, timings: Timings) -> Answered:
    return Answered(
        run="r",
        answer="Blue.",
        profile=profile,
        model="m",
        citations=[],
        steps=[],
        attempts=[],
        usage=Usage(),
        timings=timings,
    )


class Alone(App[None]):
    """Nothing but a sidebar."""

    def __init__(self, reader: Any = None) -> None:
        super().__init__()
        self.sidebar = Counted(reader)
        self.summaries: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.sidebar

    @on(Sidebar.SummaryChanged)
    def _changed(self, event: Sidebar.SummaryChanged) -> None:
        self.summaries.append(event.summary)


def card(**changes: Any) -> Gpu:
    values: dict[str, Any] = {
        "index": 0,
        "name": "Card 16",
        "load": 87,
        "memory_used": 12_100_000_000,
        "memory_total": 16_000_000_000,
        "temperature": 71,
        "power": 244.0,
        "power_limit": 320.0,
    }
    return Gpu(**(values | changes))


def sample(*cards: Gpu, problem: str = "") -> Sample:
    machine = Machine(cpu=12.0, memory_used=6_000_000_000, memory_total=16_000_000_000)
    return Sample(Reading(list(cards), problem), None if cards else machine)


def row(text: str, label: str) -> str:
    """The line that begins with `label`."""
    return next(line for line in text.splitlines() if line.startswith(label))
