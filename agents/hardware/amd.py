"""Reads AMD cards through amdsmi, where it and its library are installed (both come with ROCm).

Written from its documentation and source (7.x); no AMD card was at hand to try it.
"""

import ctypes
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..text import one_line
from .gpu import Gpu, Process, Reading

LIBRARIES = ("libamd_smi.so", "/opt/rocm/lib/libamd_smi.so")
"""Where the library is looked for: without it, importing amdsmi prints, which would spoil the screen."""
MIB = 2**20


class AmdReader:
    """Recovers when the driver does."""

    def __init__(self, libraries: Sequence[str] = LIBRARIES) -> None:
        self._libraries = libraries
        self._smi: Any = None
        self._ready = False

    def read(self) -> Reading:
        """All cards; none, and no problem, where amdsmi is not installed."""
        if self._smi is None and not self._load():
            return Reading([])
        try:
            if not self._ready:
                self._smi.amdsmi_init()
                self._ready = True
            handles = self._smi.amdsmi_get_processor_handles()
        except self._smi.AmdSmiException as error:
            self._ready = False
            return Reading([], f"The AMD driver does not answer: {one_line(str(error))}.")
        driver = (
            self._ask(lambda: self._smi.amdsmi_get_gpu_driver_info(handles[0])["driver_version"]) if handles else ""
        )
        return Reading(
            [self._card(index, handle) for index, handle in enumerate(handles)], driver=one_line(str(driver or ""))
        )

    def _load(self) -> bool:
        """Whether amdsmi can be used; looked for once."""
        if importlib.util.find_spec("amdsmi") is None or not any(map(_loads, self._libraries)):
            self._libraries = ()
            return False
        self._smi = importlib.import_module("amdsmi")
        return True

    def _card(self, index: int, handle: Any) -> Gpu:
        smi, ask = self._smi, self._ask
        memory = ask(lambda: smi.amdsmi_get_gpu_vram_usage(handle)) or {}
        used, total = _number(memory.get("vram_used")), _number(memory.get("vram_total"))
        power = ask(lambda: smi.amdsmi_get_power_info(handle)) or {}
        clock = ask(lambda: smi.amdsmi_get_clock_info(handle, smi.AmdSmiClkType.GFX)) or {}
        return Gpu(
            index=index,
            name=one_line(str(ask(lambda: smi.amdsmi_get_gpu_asic_info(handle)["market_name"]) or "AMD GPU")),
            load=_number(ask(lambda: smi.amdsmi_get_gpu_activity(handle)["gfx_activity"])),
            memory_used=None if used is None else used * MIB,
            memory_total=None if total is None else total * MIB,
            memory_free=None if used is None or total is None else (total - used) * MIB,
            temperature=self._temperature(handle, "CURRENT"),
            temperature_limit=self._temperature(handle, "CRITICAL"),
            power=_number(power.get("current_socket_power")) or _number(power.get("average_socket_power")),
            power_limit=_number(power.get("power_limit")),
            clock=_number(clock.get("clk")),
            clock_limit=_number(clock.get("max_clk")),
            processes=self._processes(handle),
        )

    def _temperature(self, handle: Any, metric: str) -> int | None:
        """Of the hottest place, else of the edge, which is all that older cards tell."""
        smi = self._smi
        kind, places = getattr(smi.AmdSmiTemperatureMetric, metric), smi.AmdSmiTemperatureType
        hottest = _number(self._ask(lambda: smi.amdsmi_get_temp_metric(handle, places.HOTSPOT, kind)))
        return hottest or _number(self._ask(lambda: smi.amdsmi_get_temp_metric(handle, places.EDGE, kind)))

    def _processes(self, handle: Any) -> tuple[Process, ...] | None:
        listed = self._ask(lambda: self._smi.amdsmi_get_gpu_process_list(handle))
        if listed is None:
            return None
        found = [process for one in listed if (process := self._ask(partial(_process, one)))]
        return tuple(sorted(found, key=lambda process: -(process.memory or 0)))

    def _ask(self, query: Callable[[], Any]) -> Any:
        """The answer; None for a query that this card, or this version of amdsmi, does not know."""
        try:
            return query()
        except (self._smi.AmdSmiException, AttributeError, LookupError, TypeError, ValueError):
            return None


def _process(told: Any) -> Process:
    """Raises what a list that is none of processes may cause."""
    return Process(pid=int(told["pid"]), memory=_number(told["memory_usage"]["vram_mem"]))


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _number(value: Any) -> int | None:
    """amdsmi says "N/A" where a card does not tell."""
    return int(value) if isinstance(value, int | float) else None
