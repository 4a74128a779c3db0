"""The sidebar: hardware, library and conversation at a glance. Only rows that say something else are painted again."""

import time
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from docmind.agents.hardware.gpu import Reader
from docmind.agents.hardware.history import Hour
from docmind.agents.hardware.limits import Limits
from docmind.agents.hardware.watching import INTERVAL_S, Sample, Watch
from docmind.agents.protocol import AnyEvent
from docmind.agents.text import one_line
from docmind.agents.views import View

from ..engine_link import LinkState
from .sidebar_rows import Known, Row, rows, summary

SILENT_S = 4 * INTERVAL_S
"""Without a reading for so long, in seconds, the driver counts as hanging."""


class Sidebar(Widget):
    """Hears by `show` and `show_profiles`; reads the hardware itself once `start_reading` was called."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"sidebar--{role}" for role in ("title", "value", "muted", "warning", "label")
    }
    DEFAULT_CSS = """
    Sidebar {
        width: 36; height: 100%; padding: 0 1; border-left: vkey $panel;
        background: $background; color: $foreground;
        &.-hidden { display: none; }
        & .sidebar--title { text-style: bold; }
        & .sidebar--label { color: $text-muted; }
        & .sidebar--muted { color: $text-muted; }
        & .sidebar--warning { color: $warning; text-style: bold; }
    }
    """

    class SummaryChanged(Message):
        """The sidebar in short is another one."""

        def __init__(self, summary: str) -> None:
            super().__init__()
            self.summary = summary

    class Read(Message):
        """The hardware was read anew."""

        def __init__(self, sample: Sample) -> None:
            super().__init__()
            self.sample = sample

    def __init__(self, reader: Reader | None = None) -> None:
        """`reader`: of the GPUs; by default NVML."""
        super().__init__()
        self._known = Known()
        self._rows: list[Row] = rows(self._known)
        self._summary = ""
        self._watch = Watch(self._read, reader)
        self._read_at = 0.0

    @property
    def hardware(self) -> tuple[Hour, Limits, Sample | None]:
        """What is known of it."""
        return self._known.hour, self._known.limits, self._known.sample

    @property
    def is_silent(self) -> bool:
        """Whether the driver has not answered for a while: then what is known is old."""
        return self._known.silent

    def start_reading(self) -> None:
        """In a thread; not before the first paint, for its imports take a while."""
        self._read_at = time.monotonic()
        self._watch.start()
        self.set_interval(SILENT_S / 4, self._listen)  # so that it is said after SILENT_S, not after twice as long

    def on_unmount(self) -> None:
        self._watch.stop()

    def show(self, event: AnyEvent | LinkState) -> None:
        """What the engine says."""
        if self._known.hear(event):
            self._update()

    @property
    def view(self) -> View:
        """What the server of the profile in use told last; empty where it tells nothing."""
        return self._known.view if self._known.view.profile == self._known.profile else View()

    def show_profiles(self, next_ones: list[str], current: str = "") -> None:
        """Those that take over when the `current` one, which is in use, fails."""
        self._known.profile = one_line(current, 40)
        self._known.next_ones = [one_line(name, 40) for name in next_ones]
        self._update()

    def show_sample(self, sample: Sample) -> None:
        """A reading of the hardware."""
        self._read_at = time.monotonic()
        for begun in self._known.take(sample):
            self.notify(begun, severity="warning", markup=False)
        self._update()
        self.post_message(self.Read(sample))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        row = self._rows[y] if y < len(self._rows) else Row()
        style = self.get_component_rich_style(f"sidebar--{row.role}")
        if not row.value and not row.drawn:
            return Strip([Segment(set_cell_size(row.label, width), style)])
        label = self.get_component_rich_style("sidebar--label")
        drawn = f"{row.label:<8}{row.drawn}"
        room = max(width - cell_len(drawn), 0)
        return Strip([Segment(drawn, label), Segment(set_cell_size(row.value.rjust(room), room), style)])

    def _read(self, sample: Sample) -> None:
        """In the thread of the reader."""
        if self.is_attached:
            self.app.call_later(self.show_sample, sample)

    def _listen(self) -> None:
        if time.monotonic() - self._read_at >= SILENT_S and not self._known.silent:
            self._known.silent = True
            self._update()

    def _update(self) -> None:
        before, self._rows = self._rows, rows(self._known)
        for y in range(max(len(before), len(self._rows))):
            if before[y : y + 1] != self._rows[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))
        if (told := summary(self._known)) != self._summary:
            self._summary = told
            self.post_message(self.SummaryChanged(told))
