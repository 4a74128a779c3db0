"""`docmind gpu`: what the graphics cards of this machine do, and who holds their memory."""

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .amounts import NOT_TOLD, capability, held, memory, told
from .arguments import Subparsers, data_dir
from .terminal import BOLD, DIM, is_styled, say, say_json

if TYPE_CHECKING:
    from docmind.agents.hardware.gpu import Gpu, Reading
    from docmind.agents.hardware.machine import Machine

EVERY_S = 1.0
"""Seconds between two readings of --watch."""
_CPU_S = 0.1
"""Over which the load of the CPU is measured, in seconds."""
_WIPE = "\x1b[H\x1b[J"
Line = tuple[str, str]
"""Text and style."""


def add_parsers(commands: Subparsers) -> None:
    """Add the command `gpu`."""
    parser = commands.add_parser("gpu", help="show load, memory, temperature and processes of the graphics cards")
    parser.add_argument("--watch", action="store_true", help="show it again every second, until Ctrl+C")
    parser.add_argument("--json", action="store_true", help="print one JSON object; with --watch one on each line")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the cards. Returns 1 where a driver should tell of cards and does not."""
    from docmind.agents.hardware.all_gpus import AllGpus, InTime
    from docmind.agents.hardware.machine import read_machine

    reader, over = InTime(AllGpus()), args.watch and is_styled(sys.stdout)
    while True:
        reading, machine = reader.read(), read_machine(_CPU_S)
        if args.json:
            say_json(as_json(reading, machine, our_processes(data_dir(args))))
        else:
            _print(reading, machine, our_processes(data_dir(args)), over)
        if not args.watch:
            return 1 if reading.problem else 0
        time.sleep(EVERY_S - _CPU_S)


def our_processes(folder: Path) -> frozenset[int]:
    """Numbers of the engine that keeps its data in `folder`, and of the models that it runs."""
    from docmind.agents.endpoint import running_pid
    from docmind.agents.hardware.processes import family

    engine = running_pid(folder)
    return family(engine) if engine else frozenset()


def as_json(reading: "Reading", machine: "Machine", ours: frozenset[int]) -> dict[str, Any]:
    """The object that --json prints; its keys are stable. null: not told."""
    return {
        "gpus": [_gpu(gpu, ours) for gpu in reading.gpus],
        "driver": reading.driver or None,
        "cuda": reading.cuda or None,
        "cpu_percent": machine.cpu,
        "ram_used_bytes": machine.memory_used,
        "ram_total_bytes": machine.memory_total,
        "problem": reading.problem or None,
    }


def _gpu(gpu: "Gpu", ours: frozenset[int]) -> dict[str, Any]:
    from docmind.agents.hardware.processes import holders

    found = [
        {"pid": h.pid, "name": h.name or None, "user": h.user or None, "memory_bytes": h.memory, "ours": h.ours}
        for h in holders(gpu, ours)
    ]
    return {
        "index": gpu.index,
        "name": gpu.name,
        "util_percent": gpu.load,
        "memory_used_bytes": gpu.memory_used,
        "memory_free_bytes": gpu.memory_free,
        "memory_total_bytes": gpu.memory_total,
        "temperature_c": gpu.temperature,
        "temperature_limit_c": gpu.temperature_limit,
        "power_w": gpu.power,
        "power_limit_w": gpu.power_limit,
        "throttle": gpu.throttle,
        "clock_mhz": gpu.clock,
        "clock_limit_mhz": gpu.clock_limit,
        "memory_clock_mhz": gpu.memory_clock,
        "fan_percent": gpu.fan,
        "pcie": gpu.pcie,
        "mig": gpu.mig,
        "compute_capability": None if gpu.capability is None else "{}.{}".format(*gpu.capability),
        "processes": None if gpu.processes is None else found,
    }


def _print(reading: "Reading", machine: "Machine", ours: frozenset[int], over: bool) -> None:
    """`over`: what the terminal shows, of which it then shows as much as it has lines."""
    cards = [line for gpu in reading.gpus for line in _card(gpu, ours)]
    rest = list(_rest(reading, machine))
    if over:
        size = shutil.get_terminal_size()
        below = sum(1 + len(text) // size.columns for text, _ in rest)
        cards = [(text[: size.columns - 1], style) for text, style in _cut(cards, size.lines - below - 1)]
        sys.stdout.write(_WIPE)
    for text, style in (*cards, *rest):
        say(text, style)


def _cut(lines: list[Line], room: int) -> list[Line]:
    """As many of the lines as there is room for, and how many are missing."""
    room = max(room, 1)
    if len(lines) <= room:
        return lines
    missing = len(lines) - room + 1
    return [*lines[: room - 1], (f"… {missing} more lines: `docmind gpu` prints them all", DIM)]


def _rest(reading: "Reading", machine: "Machine") -> Iterator[Line]:
    if reading.problem:
        yield reading.problem, ""
    elif not reading.gpus:
        yield "No GPU with a driver was found: models run on the CPU.", ""
    yield "", ""
    yield f"CPU {machine.cpu:.0f} %   RAM {memory(machine.memory_used, machine.memory_total)}", ""
    if reading.driver:
        yield f"driver {reading.driver}" + (f", CUDA {reading.cuda}" if reading.cuda else ""), DIM


def _card(gpu: "Gpu", ours: frozenset[int]) -> Iterator[Line]:
    from docmind.agents.hardware.processes import holders

    yield f"GPU {gpu.index}  {gpu.name}" + ("  (divided by MIG)" if gpu.mig else ""), BOLD
    limit = f"  (slows down at {gpu.temperature_limit} °C)" if gpu.temperature_limit else ""
    why = f"  (held down by {', '.join(gpu.throttle)})" if gpu.throttle else ""
    yield f"  load         {told(gpu.load, '%')}", ""
    yield f"  VRAM         {memory(gpu.memory_used, gpu.memory_total)}{_share(gpu)}", ""
    yield f"  temperature  {told(gpu.temperature, '°C')}{limit}", ""
    yield f"  power        {told(gpu.power, 'W', gpu.power_limit)}", ""
    yield f"  clock        {told(gpu.clock, 'MHz', gpu.clock_limit)}, memory {told(gpu.memory_clock, 'MHz')}{why}", ""
    yield f"  fan {told(gpu.fan, '%')}   PCIe {gpu.pcie or NOT_TOLD}   {capability(gpu)}", DIM
    if gpu.processes is None:
        yield f"  processes    {NOT_TOLD}", ""
    for holder in holders(gpu, ours):
        whose = "docmind" if holder.ours else holder.user
        name = holder.name or "a process that cannot be seen"
        yield f"  {holder.pid:>9}  {held(holder.memory):>8}  {name}  {whose}".rstrip(), ""


def _share(gpu: "Gpu") -> str:
    if gpu.memory_used is None or not gpu.memory_total:
        return ""
    return f"  ({100 * gpu.memory_used / gpu.memory_total:.0f} %, {held(gpu.memory_free)} free)"
