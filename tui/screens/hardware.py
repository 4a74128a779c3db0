"""All cards at once: an hour of every value, what holds the clocks down, and who holds the memory."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from docmind.agents.hardware.gpu import Gpu
from docmind.agents.hardware.history import Hour
from docmind.agents.hardware.limits import Limits, slowed_by
from docmind.agents.hardware.processes import Holder, holders
from docmind.agents.hardware.watching import INTERVAL_S, Sample
from docmind.agents.text import one_line
from docmind.agents.views import Traffic, View

from ..amounts import NOT_TOLD, capability, held, memory, told
from ..server_told import MOST_MODELS, badge, expiry, size, work
from ..widgets.graph import drawn
from ..widgets.sidebar_rows import NO_ANSWER

_WIDE, _LABEL, _VALUE = 110, 14, 18
"""Columns of the whole, of what a row is called, and of its value."""
_MOST_HOLDERS = 12
"""Processes that are named for each card."""
_TITLE = Content.from_markup("[bold]Hardware[/bold]   ↑ ↓ PageUp PageDown scroll, Esc closes")


class HardwareScreen(ModalScreen[None]):
    """Closed by Esc, or by the key that opened it; `show` brings a new reading."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,f12,enter", "dismiss", "Close", show=False)]
    DEFAULT_CSS = """
    HardwareScreen {
        align: center middle;
        & VerticalScroll {
            width: 114; max-width: 100%; height: auto; max-height: 100%;
            padding: 1 2; background: $panel; scrollbar-size-vertical: 1;
        }
        & Static { width: 100%; height: auto; }
    }
    """

    def __init__(
        self,
        hour: Hour,
        limits: Limits,
        sample: Sample | None,
        ours: Callable[[], frozenset[int]],
        view: View,
        silent: Callable[[], bool],
    ) -> None:
        """`ours`: the processes of docmind's engine. `silent`: whether the driver does not answer any more."""
        super().__init__()
        self._hour, self._limits, self._sample, self._ours, self._view = hour, limits, sample, ours, view
        self._silent = silent
        self._holders: dict[int, list[Holder]] = {}

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(markup=False)

    def on_mount(self) -> None:
        if self._sample:
            self.show(self._sample, self._view)
        self._paint()
        self.set_interval(INTERVAL_S, self._paint)  # for what no reading brings: that there is none any more

    def on_resize(self) -> None:
        self._paint()

    def show(self, sample: Sample, view: View) -> None:
        """Painted once it is known whose the processes are."""
        self._view = view
        self.run_worker(self._look(sample), exclusive=True)

    async def _look(self, sample: Sample) -> None:
        self._holders = await asyncio.to_thread(self._find_holders, sample)  # which looks through all of /proc
        self._sample = sample
        self._paint()

    def _find_holders(self, sample: Sample) -> dict[int, list[Holder]]:
        ours = self._ours()
        return {gpu.index: holders(gpu, ours) for gpu in sample.gpus.gpus}

    def _paint(self) -> None:
        content, shown = self._content(), self.query_one(Static)
        if content != shown.content:
            shown.update(content)

    def _content(self) -> Content:
        if self._sample is None:
            waiting = NO_ANSWER if self._silent() else "The hardware has not been read yet."
            return Content("\n").join([_TITLE, Content(""), Content(waiting)])
        columns = max(min(self.app.size.width, _WIDE) - _LABEL - _VALUE - 8, 10)
        lines = [_TITLE, Content("")]
        for gpu in self._sample.gpus.gpus:
            lines += [
                *_card(gpu, self._hour, self._limits, columns, self._silent()),
                *_holders(gpu, self._holders.get(gpu.index, [])),
                Content(""),
            ]
        return Content("\n").join([*lines, *_server(self._view), *_rest(self._sample, columns)])


def _card(gpu: Gpu, hour: Hour, limits: Limits, columns: int, silent: bool) -> Iterator[Content]:
    name = f"GPU {gpu.index}  {gpu.name}" + ("  (divided by MIG)" if gpu.mig else "")
    yield Content.assemble((name, "bold $primary"), (f"  {NO_ANSWER}" if silent else "", "bold $warning"))
    rows = (
        ("load", "load", told(gpu.load, "%"), False),
        ("VRAM", "vram", memory(gpu.memory_used, gpu.memory_total), gpu.index in limits.full),
        ("temperature", "temperature", told(gpu.temperature, "°C"), gpu.index in limits.hot),
        ("power", "power", told(gpu.power, "W", gpu.power_limit), False),
    )
    for label, what, value, warned in rows:
        graph = drawn(hour.last(gpu.index, what, columns)).rjust(columns)
        sign, style = (" !", "bold $warning") if warned else ("", "")
        yield Content.assemble((f"  {label:<{_LABEL - 2}}", "$text-muted"), graph, (f"{value + sign:>{_VALUE}}", style))
    yield from _details(gpu, limits)


def _details(gpu: Gpu, limits: Limits) -> Iterator[Content]:
    first = [
        f"clock {told(gpu.clock, 'MHz', gpu.clock_limit)}",
        f"memory clock {told(gpu.memory_clock, 'MHz')}",
        f"fan {told(gpu.fan, '%')}",
        f"PCIe {gpu.pcie or NOT_TOLD}",
    ]
    limit = told(gpu.temperature_limit, "°C")
    second = [f"free memory {held(gpu.memory_free)}", f"slows down at {limit}", capability(gpu)]
    for line in (first, second):
        yield Content.styled("  " + " · ".join(line), "$text-muted")
    if gpu.throttle is None:
        yield Content.styled(f"  held down by {NOT_TOLD}", "$text-muted")
    if gpu.throttle:
        slow = gpu.index in limits.held and bool(slowed_by(gpu))
        yield Content.styled(
            f"  {'! ' * slow}held down by {', '.join(gpu.throttle)}", "bold $warning" if slow else "$text-muted"
        )


def _holders(gpu: Gpu, found: list[Holder]) -> Iterator[Content]:
    if gpu.processes is None:
        yield Content.styled(f"  processes {NOT_TOLD}", "$text-muted")
    for holder in found[:_MOST_HOLDERS]:
        name = holder.name or "a process that cannot be seen"
        whose = "docmind" if holder.ours else holder.user
        style = "$accent" if holder.ours else "$text-muted"
        yield Content.assemble(f"  {holder.pid:>9}{held(holder.memory):>10}  {name}  ", (whose, style))
    if len(found) > _MOST_HOLDERS:
        yield Content.styled(f"  and {len(found) - _MOST_HOLDERS} more", "$text-muted")


def _server(view: View) -> Iterator[Content]:
    """The models that the server of the profile in use has loaded, and what it does."""
    if not view.loaded and view.traffic == Traffic():
        return
    yield Content.styled(f"Model server of {one_line(view.profile, 40)}", "bold $primary")
    for model in (view.loaded or [])[:MOST_MODELS]:
        told = [badge(model), size(model), expiry(model)]
        yield Content.assemble(f"  {one_line(model.model, 60)}  ", ("   ".join(filter(None, told)), "$text-muted"))
    for what, value in work(view.traffic):
        yield Content.assemble((f"  {what:<{_LABEL - 2}}", "$text-muted"), value)
    yield Content("")


def _rest(sample: Sample, columns: int) -> Iterable[Content]:
    gpus, machine = sample.gpus, sample.machine
    if gpus.problem:
        yield Content.styled(f"! {gpus.problem}", "bold $warning")
    elif not gpus.gpus:
        yield Content("No GPU with a driver was found: models run on the CPU.")
    if machine:
        yield Content(f"CPU {machine.cpu:.0f} %   RAM {memory(machine.memory_used, machine.memory_total)}")
    versions = f"driver {gpus.driver}" + (f", CUDA {gpus.cuda}" if gpus.cuda else "") if gpus.driver else ""
    last = [versions, "The graphs show the last hour." if gpus.gpus else ""]
    if any(last):
        yield Content.styled("   ".join(filter(None, last)), "$text-muted")
