"""Reads NVIDIA GPUs through NVML. Each query stands alone: what a card does not tell is None and hides nothing else."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from ..text import one_line


class Gpu(msgspec.Struct, frozen=True, kw_only=True):
    """One card, as it is now."""

    index: int
    name: str
    load: int | None = None
    """Per cent of the time in which something ran on it."""
    memory_used: int | None = None
    """Bytes."""
    memory_total: int | None = None
    """Bytes."""
    temperature: int | None = None
    """Degrees Celsius."""
    temperature_limit: int | None = None
    """Degrees Celsius at which the card slows itself down."""
    power: float | None = None
    """Watts."""
    power_limit: float | None = None
    """Watts that are allowed to it."""


class Reading(NamedTuple):
    """What a reader found."""

    gpus: list[Gpu]
    problem: str = ""
    """Why there are none, where there is an NVIDIA driver that should tell; empty on a machine without one."""


class NvmlReader:
    """`read` never raises; it waits as long as the driver does, so call it in a thread. It recovers with the driver."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self._ready = False

    def read(self) -> Reading:
        """All cards."""
        try:
            import pynvml
        except ImportError:
            return Reading([])
        self._nvml = pynvml
        try:
            if not self._ready:
                pynvml.nvmlInit()
                self._ready = True
            return self._cards()
        except pynvml.NVMLError as error:
            self._end()
            missing = isinstance(error, pynvml.NVMLError_LibraryNotFound)
            return Reading([], "" if missing else f"The NVIDIA driver does not answer: {one_line(str(error))}.")

    def _cards(self) -> Reading:
        """Raises NVMLError when the driver is gone, or the only card is lost."""
        count = self._nvml.nvmlDeviceGetCount()
        found = [card for index in range(count) if (card := self._card(index))]
        if count and not found:
            raise self._nvml.NVMLError(self._nvml.NVML_ERROR_GPU_IS_LOST)
        lost = count - len(found)
        return Reading(found, f"{lost} GPU{'s do' if lost > 1 else ' does'} not answer." if lost else "")

    def _card(self, index: int) -> Gpu | None:
        """None for one that is lost."""
        nvml = self._nvml
        handle = self._ask(lambda: nvml.nvmlDeviceGetHandleByIndex(index))
        name = self._ask(lambda: self._name(handle)) if handle else None
        if name is None:
            return None
        load = self._ask(lambda: nvml.nvmlDeviceGetUtilizationRates(handle))
        memory = self._ask(lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
        power = self._ask(lambda: nvml.nvmlDeviceGetPowerUsage(handle))
        allowed = self._ask(lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle))
        slowdown = nvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN
        return Gpu(
            index=index,
            name=one_line(name),
            load=int(load.gpu) if load else None,
            memory_used=int(memory.used) if memory else None,
            memory_total=int(memory.total) if memory else None,
            temperature=self._temperature(handle),
            temperature_limit=self._ask(lambda: int(nvml.nvmlDeviceGetTemperatureThreshold(handle, slowdown))),
            power=power / 1000 if power is not None else None,
            power_limit=allowed / 1000 if allowed is not None else None,
        )

    def _name(self, handle: Any) -> Any:
        """The binding expects UTF-8; a name that is none must not end the reading."""
        try:
            return self._nvml.nvmlDeviceGetName(handle)
        except UnicodeDecodeError as error:
            return error.object.decode(errors="replace")

    def _temperature(self, handle: Any) -> Any:
        """By the newer call, else by the older one."""
        nvml, sensor = self._nvml, self._nvml.NVML_TEMPERATURE_GPU
        newer = self._ask(lambda: int(nvml.nvmlDeviceGetTemperatureV(handle, sensor)))
        return self._ask(lambda: int(nvml.nvmlDeviceGetTemperature(handle, sensor))) if newer is None else newer

    def _ask(self, query: Callable[[], Any]) -> Any:
        """The answer; None for a query that this card or driver does not know (old bindings lack some names)."""
        try:
            return query()
        except (self._nvml.NVMLError, AttributeError):
            return None

    def _end(self) -> None:
        """The next `read` begins anew: the driver may have been loaded or updated since."""
        self._ready = False
        self._ask(lambda: self._nvml.nvmlShutdown())
