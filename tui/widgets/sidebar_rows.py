"""What the sidebar says, line by line: pure, so that what did not change can be told by comparing."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from docmind.agents.hardware.gpu import Gpu
from docmind.agents.hardware.heat import LONG_S, Heat
from docmind.agents.hardware.history import Hour, shares
from docmind.agents.hardware.limits import Limits, slowed_by
from docmind.agents.hardware.watching import Sample
from docmind.agents.protocol import Answered, AnyEvent, Library, Meter, Observed
from docmind.agents.views import View

from ..amounts import GB, counted, memory, past, told
from ..engine_link import LinkState
from ..server_told import rows as server_rows
from .graph import History, bar, join_limited

WIDTH = 32
"""Cells of a row."""
_DRAWN = 8
"""Cells of a bar or a graph: the longest value fits beside it, `1000 / 1082 GB !`."""
_LONG_HOT = f"over its limit for {LONG_S:.0f} s. Questions can wait for it: hardware.when_hot in the settings."
NO_ANSWER = "! no answer from the driver"
MOST_WHOLE = 2
"""Cards with all their values; each further one has a line."""


class Row(NamedTuple):
    """One line. `role`: title, value, muted or warning."""

    label: str = ""
    drawn: str = ""
    value: str = ""
    role: str = "value"


@dataclass
class Known:
    """All that the sidebar has heard."""

    sample: Sample | None = None
    silent: bool = False
    """The driver has not answered for a while."""
    library: Library | None = None
    meter: Meter | None = None
    answered: Answered | None = None
    speed: float = 0.0
    """Tokens a second: of the call that streams, then of the whole answer."""
    profile: str = ""
    """The one in use."""
    view: View = field(default_factory=View)
    """Of its server, or of that of the profile before it."""
    next_ones: Sequence[str] = ()
    graphs: dict[str, History] = field(default_factory=dict)
    hour: Hour = field(default_factory=Hour)
    limits: Limits = field(default_factory=Limits)
    heat: Heat = field(default_factory=Heat)

    def take(self, sample: Sample) -> list[str]:
        """A new reading; what has begun with it and should be told, as `Limits.take`."""
        self.sample, self.silent = sample, False
        self.hour.take(sample)
        for gpu in sample.gpus.gpus:
            for what, value in shares(gpu).items():
                self._draw(f"{what}{gpu.index}", value)
        if sample.machine:
            self._draw("cpu", sample.machine.cpu / 100)
        long_hot = [f"{card}, {_LONG_HOT}" for card in self.heat.take(sample.gpus.gpus)]
        return [*self.limits.take(sample.gpus.gpus), *long_hot]

    def hear(self, event: AnyEvent | LinkState) -> bool:
        """What the engine says; whether it is for the sidebar."""
        match event:
            case Library():
                self.library = event
            case Meter():
                self.meter = event
                if event.seconds > 0 and event.tokens > 1:
                    self._measure(event.profile, event.tokens / event.seconds)
            case Observed():
                self.view = event.view
            case Answered():
                self.answered = event
                self._measure(event.profile, event.timings.tokens_per_s)
            case _:
                return False
        return True

    def graph(self, name: str) -> str:
        """The history of one value."""
        return str(self.graphs.get(name, ""))

    def _measure(self, profile: str, speed: float) -> None:
        self.speed = 0.0 if profile == "quotes" else speed  # its speed says nothing about a model's

    def _draw(self, name: str, value: float) -> None:
        self.graphs.setdefault(name, History(_DRAWN)).add(value)


def rows(known: Known) -> list[Row]:
    """All of it, from the top."""
    return [
        *_hardware(known),
        Row(),
        *_server(known),
        *_library(known.library),
        Row(),
        *_conversation(known),
        *_next(known),
    ]


def summary(known: Known) -> str:
    """`87 % · 12.1/16.0 GB · 71 °C · 41 tok/s`, for a screen without a sidebar."""
    gpus = known.sample.gpus.gpus if known.sample else []
    found = _card_in_short(known.limits.worst(gpus), known) if gpus else []
    if known.silent or (known.sample and known.sample.gpus.problem):
        found.insert(0, "! driver silent" if known.silent else "! GPU not read")
    return " · ".join(filter(None, [*found, _speed(known)]))


def _card_in_short(gpu: Gpu, known: Known) -> list[str]:
    """Of the card that needs a look most."""
    found = [f"GPU {gpu.index}"] if known.sample and len(known.sample.gpus.gpus) > 1 else []
    found += [f"{gpu.load} %"] if gpu.load is not None else []
    if gpu.memory_used is not None:
        room = memory(gpu.memory_used, gpu.memory_total).replace(" / ", "/")
        found.append(room + " !" * (gpu.index in known.limits.full))
    if gpu.temperature is not None:
        found.append(told(gpu.temperature, "°C") + " !" * (gpu.index in known.limits.hot))
    return found + ["slowed down !"] * (gpu.index in known.limits.held)


def _hardware(known: Known) -> list[Row]:
    sample = known.sample
    if sample is None:
        waiting = Row(NO_ANSWER, role="warning") if known.silent else Row("…", role="muted")
        return [Row("Machine", role="title"), waiting]
    gpus = sample.gpus.gpus
    found = [row for gpu in gpus[:MOST_WHOLE] for row in _gpu(gpu, known)]
    found += [row for gpu in gpus[MOST_WHOLE:] for row in _gpu_line(gpu, known)]
    if sample.machine:
        machine = sample.machine
        share = machine.memory_used / machine.memory_total
        found += [
            Row("Machine", role="title"),
            Row("CPU", known.graph("cpu"), f"{machine.cpu:.0f} %"),
            Row("RAM", bar(share, _DRAWN), memory(machine.memory_used, machine.memory_total)),
        ]
    if sample.gpus.problem:
        found += [Row(line, role="warning") for line in textwrap.wrap(f"! {sample.gpus.problem}", WIDTH)]
    if known.silent:
        found.append(Row(NO_ANSWER, role="warning"))
    return found


def _gpu(gpu: Gpu, known: Known) -> list[Row]:
    hot, full = gpu.index in known.limits.hot, gpu.index in known.limits.full
    found = [
        Row(_short(f"GPU {gpu.index}  {gpu.name.removeprefix('NVIDIA ')}"), role="title"),
        Row("load", known.graph(f"load{gpu.index}"), told(gpu.load, "%")),
        _warned("VRAM", known.graph(f"vram{gpu.index}"), memory(gpu.memory_used, gpu.memory_total), full),
        _warned("temp", known.graph(f"temperature{gpu.index}"), told(gpu.temperature, "°C"), hot),
        Row("power", known.graph(f"power{gpu.index}"), told(gpu.power, "W", gpu.power_limit)),
    ]
    return [*found, *_held(gpu, known)]


def _warned(label: str, drawn: str, value: str, warned: bool) -> Row:
    return Row(label, drawn, f"{value} !", "warning") if warned else Row(label, drawn, value)


def _gpu_line(gpu: Gpu, known: Known) -> list[Row]:
    """`GPU 3     87 %    12/16 GB   71 °C`, in columns; a sign stands before its value: `!143/151 GB !100 °C`."""
    hot, full = gpu.index in known.limits.hot, gpu.index in known.limits.full
    used, total = gpu.memory_used, gpu.memory_total
    room = f"{used / GB:.0f}/{total / GB:.0f} GB" if used is not None and total else "n/a"
    value = f"{told(gpu.load, '%'):>5} {'!' * full + room:>11} {'!' * hot + told(gpu.temperature, '°C'):>7}"
    return [Row(f"GPU {gpu.index}", "", value, "warning" if hot or full else "value"), *_held(gpu, known)]


def _held(gpu: Gpu, known: Known) -> list[Row]:
    """Empty where nothing slows the card down. The reasons come and go faster than the sign."""
    if gpu.index not in known.limits.held:
        return []
    why = f" by {', '.join(slowed_by(gpu))}" if slowed_by(gpu) else ""
    return [Row(_short(f"! slowed down{why}"), role="warning")]


def _server(known: Known) -> list[Row]:
    """Nothing while it tells nothing."""
    found = list(server_rows(known.view)) if known.view.profile == known.profile else []
    if not found:
        return []
    return [Row("Model", role="title"), *(_told(*row) for row in found), Row()]


def _told(label: str, value: str) -> Row:
    """The value at the right; what does not fit is cut at the left."""
    room = WIDTH - len(value) - 1 if value else WIDTH
    return Row(label if len(label) <= room else f"{label[: room - 1]}…", "", value)


def _library(library: Library | None) -> list[Row]:
    found = [Row("Library", role="title")]
    if library is None:
        return [*found, Row("…", role="muted")]
    if library.ready:
        found.append(Row(f"{counted(library.files, 'file')} · {counted(library.chunks, 'passage')}"))
    elif library.todo:
        found.append(Row("reading", bar(library.done / library.todo, _DRAWN), f"{library.done:,} of {library.todo:,}"))
    else:
        found.append(Row("looking for changes", role="muted"))
    if library.failed:
        found.append(Row(f"! {counted(library.failed, 'file')} could not be read", role="warning"))
    return found


def _conversation(known: Known) -> list[Row]:
    found = [Row("Conversation", role="title")]
    if known.meter and known.meter.context_window:
        used, window = known.meter.context_used, known.meter.context_window
        found.append(Row("context", bar(used / window, _DRAWN), f"{used / 1000:.1f} / {window / 1000:.1f} k"))
        found += [Row(line, role="muted") for line in textwrap.wrap(past(known.meter), WIDTH)]
    speed, first = _speed(known), known.answered.timings.first_token_ms / 1000 if known.answered else 0
    if measured := " · ".join(filter(None, [speed, f"first {first:.1f} s" if first >= 0.05 else ""])):
        found.append(Row(measured))
    return found if len(found) > 1 else [*found, Row("no answer yet", role="muted")]


def _speed(known: Known) -> str:
    return f"{known.speed:.0f} tok/s" if known.speed else ""


def _next(known: Known) -> list[Row]:
    if not known.next_ones:
        return []
    return [Row(), Row("Next if it fails", role="title"), Row(join_limited(known.next_ones, WIDTH))]


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
