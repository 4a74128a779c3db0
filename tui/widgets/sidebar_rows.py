"""What the sidebar says, line by line: pure, so that what did not change can be told by comparing."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from docmind.agents.hardware.gpu import Gpu
from docmind.agents.hardware.watching import Sample
from docmind.agents.protocol import Answered, AnyEvent, Library, Meter

from ..engine_link import LinkState
from .graph import History, bar, join_limited

WIDTH = 32
"""Cells of a row."""
_DRAWN = 8
"""Cells of a bar or a graph: the longest value fits beside it, `1000 / 1082 GB !`."""
HOT_C, COOL_C = 85, 80
"""Degrees Celsius from which a card counts as hot, and below which it does not any more."""
FULL = 0.875
"""Share of the VRAM from which it counts as full."""
MOST_WHOLE = 2
"""Cards with all their values; each further one has a line."""
GB = 1e9


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
    next_ones: Sequence[str] = ()
    graphs: dict[str, History] = field(default_factory=dict)
    hot: set[int] = field(default_factory=set)
    """Cards that are hot: they cool to COOL_C before they are not."""

    def take(self, sample: Sample) -> None:
        """A new reading."""
        self.sample, self.silent = sample, False
        for gpu in sample.gpus.gpus:
            if gpu.load is not None:
                self._draw(f"load{gpu.index}", gpu.load / 100)
            if gpu.memory_used is not None and gpu.memory_total:
                self._draw(f"vram{gpu.index}", gpu.memory_used / gpu.memory_total)
            if gpu.temperature is not None:
                self._draw(f"temp{gpu.index}", (gpu.temperature - 20) / 80)
            if gpu.power is not None:
                self._draw(f"power{gpu.index}", gpu.power / (gpu.power_limit or 1000))
            limit = COOL_C if gpu.index in self.hot else min(HOT_C, gpu.temperature_limit or HOT_C)
            hot = gpu.temperature is not None and gpu.temperature >= limit
            (self.hot.add if hot else self.hot.discard)(gpu.index)
        if sample.machine:
            self._draw("cpu", sample.machine.cpu / 100)

    def hear(self, event: AnyEvent | LinkState) -> bool:
        """What the engine says; whether it is for the sidebar."""
        match event:
            case Library():
                self.library = event
            case Meter():
                self.meter = event
                if event.seconds > 0 and event.tokens > 1:
                    self._measure(event.profile, event.tokens / event.seconds)
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
    return [*_hardware(known), Row(), *_library(known.library), Row(), *_conversation(known), *_next(known)]


def summary(known: Known) -> str:
    """`87 % · 12.1/16.0 GB · 71 °C · 41 tok/s`, for a screen without a sidebar."""
    parts = []
    gpu = known.sample.gpus.gpus[0] if known.sample and known.sample.gpus.gpus else None
    if gpu:
        parts += [f"{gpu.load} %"] if gpu.load is not None else []
        parts += [_of(gpu.memory_used, gpu.memory_total).replace(" / ", "/")] if gpu.memory_used is not None else []
        parts += [_degrees(gpu, known)] if gpu.temperature is not None else []
    if speed := _speed(known):
        parts.append(speed)
    return " · ".join(parts)


def _hardware(known: Known) -> list[Row]:
    sample = known.sample
    if sample is None:
        waiting = Row("! no answer from the driver", role="warning") if known.silent else Row("…", role="muted")
        return [Row("Machine", role="title"), waiting]
    gpus = sample.gpus.gpus
    found = [row for gpu in gpus[:MOST_WHOLE] for row in _gpu(gpu, known)] + [
        _gpu_line(gpu, known) for gpu in gpus[MOST_WHOLE:]
    ]
    if sample.machine:
        machine = sample.machine
        share = machine.memory_used / machine.memory_total
        found += [
            Row("Machine", role="title"),
            Row("CPU", known.graph("cpu"), f"{machine.cpu:.0f} %"),
            Row("RAM", bar(share, _DRAWN), _of(machine.memory_used, machine.memory_total)),
        ]
    if sample.gpus.problem:
        found += [Row(line, role="warning") for line in textwrap.wrap(f"! {sample.gpus.problem}", WIDTH)]
    if known.silent:
        found.append(Row("! no answer from the driver", role="warning"))
    return found


def _gpu(gpu: Gpu, known: Known) -> list[Row]:
    full = bool(gpu.memory_used and gpu.memory_total and gpu.memory_used / gpu.memory_total >= FULL)
    power = "n/a" if gpu.power is None else f"{gpu.power:.0f}"
    power += f" / {gpu.power_limit:.0f} W" if gpu.power_limit else " W" if gpu.power is not None else ""
    return [
        Row(_short(f"GPU {gpu.index}  {gpu.name.removeprefix('NVIDIA ')}"), role="title"),
        Row("load", known.graph(f"load{gpu.index}"), "n/a" if gpu.load is None else f"{gpu.load} %"),
        Row(
            "VRAM",
            known.graph(f"vram{gpu.index}"),
            _of(gpu.memory_used, gpu.memory_total) + " !" * full,
            "warning" if full else "value",
        ),
        Row(
            "temp",
            known.graph(f"temp{gpu.index}"),
            _degrees(gpu, known),
            "warning" if gpu.index in known.hot else "value",
        ),
        Row("power", known.graph(f"power{gpu.index}"), power),
    ]


def _gpu_line(gpu: Gpu, known: Known) -> Row:
    """`GPU 3   87 % 12/16 GB 71 °C`, as far as it is known; `100 % 143/151 GB 88 °C !` just fits."""
    load = f"{gpu.load} %" if gpu.load is not None else ""
    used, total = gpu.memory_used, gpu.memory_total
    memory = f"{used / GB:.0f}/{total / GB:.0f} GB" if used is not None and total else ""
    return Row(f"GPU {gpu.index}", "", " ".join(filter(None, [load, memory, _degrees(gpu, known)])))


def _degrees(gpu: Gpu, known: Known) -> str:
    return "n/a" if gpu.temperature is None else f"{gpu.temperature} °C" + " !" * (gpu.index in known.hot)


def _of(used: int | None, total: int | None) -> str:
    """`12.1 / 16.0 GB`, `131 / 151 GB`"""
    if used is None or not total:
        return "n/a"
    digits = 1 if total < 100 * GB else 0
    return f"{used / GB:.{digits}f} / {total / GB:.{digits}f} GB"


def _library(library: Library | None) -> list[Row]:
    found = [Row("Library", role="title")]
    if library is None:
        return [*found, Row("…", role="muted")]
    if library.ready:
        found.append(Row(f"{_count(library.files, 'file')} · {_count(library.chunks, 'passage')}"))
    elif library.todo:
        found.append(Row("reading", bar(library.done / library.todo, _DRAWN), f"{library.done:,} of {library.todo:,}"))
    else:
        found.append(Row("looking for changes", role="muted"))
    if library.failed:
        found.append(Row(f"! {_count(library.failed, 'file')} could not be read", role="warning"))
    return found


def _conversation(known: Known) -> list[Row]:
    found = [Row("Conversation", role="title")]
    if known.meter and known.meter.context_window:
        used, window = known.meter.context_used, known.meter.context_window
        found.append(Row("context", bar(used / window, _DRAWN), f"{used / 1000:.1f} / {window / 1000:.1f} k"))
    speed, first = _speed(known), known.answered.timings.first_token_ms / 1000 if known.answered else 0
    if told := " · ".join(filter(None, [speed, f"first {first:.1f} s" if first >= 0.05 else ""])):
        found.append(Row(told))
    return found if len(found) > 1 else [*found, Row("no answer yet", role="muted")]


def _speed(known: Known) -> str:
    return f"{known.speed:.0f} tok/s" if known.speed else ""


def _next(known: Known) -> list[Row]:
    if not known.next_ones:
        return []
    return [Row(), Row("Next if it fails", role="title"), Row(join_limited(known.next_ones, WIDTH))]


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
