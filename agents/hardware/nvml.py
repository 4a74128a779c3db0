"""Reads NVIDIA cards through NVML. Each query stands alone: what a card does not tell hides nothing else."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ..text import one_line
from .gpu import Gpu, Process, Reading

_LOST = 15
_PROBLEMS: Mapping[int, str] = MappingProxyType(
    {
        4: "No permission to ask the NVIDIA driver. The device files /dev/nvidia* must be readable for this user.",
        9: "The NVIDIA driver is not loaded. Try `nvidia-smi`; after an update, reboot.",
        _LOST: "A GPU is lost: the driver does not reach it any more. Only a reboot brings it back.",
        18: "The NVIDIA driver was updated, and the old one still runs. Reboot, then start docmind again.",
    }
)
"""By the number of NVML's error."""
_THROTTLE: Mapping[int, str] = MappingProxyType(
    {0x20 | 0x40: "heat", 0x08: "hardware", 0x80: "power brake", 0x04: "power limit"}
)
"""By the bits of nvmlClocksEventReasons*."""


class NvmlReader:
    """Recovers when the driver does."""

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
            return Reading([], "" if missing else _problem(error))

    def _cards(self) -> Reading:
        """Raises NVMLError when the driver is gone, or no card answers."""
        nvml = self._nvml
        found, failed = list[Gpu](), dict[int, Any]()
        for index in range(nvml.nvmlDeviceGetCount()):
            try:
                found.append(self._card(index))
            except nvml.NVMLError as error:
                failed[index] = error
        if failed and not found:
            raise failed[0]
        cuda = self._ask(nvml.nvmlSystemGetCudaDriverVersion)
        return Reading(
            found,
            _silent(failed) if failed else "",
            driver=one_line(str(self._ask(nvml.nvmlSystemGetDriverVersion) or "")),
            cuda=f"{cuda // 1000}.{cuda % 1000 // 10}" if cuda and cuda > 0 else "",
        )

    def _card(self, index: int) -> Gpu:
        """Raises NVMLError for one that is lost, or that this user may not ask."""
        nvml, ask = self._nvml, self._ask
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        name = self._name(handle)
        load = ask(lambda: nvml.nvmlDeviceGetUtilizationRates(handle))
        memory = ask(lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
        power = ask(lambda: nvml.nvmlDeviceGetPowerUsage(handle))
        allowed = ask(lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle))
        mig = ask(lambda: nvml.nvmlDeviceGetMigMode(handle))
        return Gpu(
            index=index,
            name=one_line(name),
            load=int(load.gpu) if load else None,
            memory_used=int(memory.used) if memory else None,
            memory_total=int(memory.total) if memory else None,
            memory_free=int(memory.free) if memory else None,
            temperature=self._temperature(handle),
            temperature_limit=self._temperature_limit(handle),
            power=power / 1000 if power is not None else None,
            power_limit=allowed / 1000 if allowed is not None else None,
            clock=ask(lambda: int(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM))),
            clock_limit=ask(lambda: int(nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM))),
            memory_clock=ask(lambda: int(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM))),
            fan=ask(lambda: int(nvml.nvmlDeviceGetFanSpeed(handle))),
            throttle=self._throttle(handle),
            pcie=self._pcie(handle),
            mig=bool(mig[0]) if mig else None,
            capability=ask(lambda: tuple(map(int, nvml.nvmlDeviceGetCudaComputeCapability(handle)))),
            processes=self._processes(handle),
        )

    def _name(self, handle: Any) -> Any:
        """The binding expects UTF-8; a name that is none must not end the reading."""
        try:
            return self._nvml.nvmlDeviceGetName(handle)
        except UnicodeDecodeError as error:
            return error.object.decode(errors="replace")
        except self._nvml.NVMLError as error:
            if isinstance(error, self._nvml.NVMLError_GpuIsLost):
                raise
            return "NVIDIA GPU"

    def _temperature(self, handle: Any) -> Any:
        """By the newer call, else by the older one."""
        nvml, sensor = self._nvml, self._nvml.NVML_TEMPERATURE_GPU
        newer = self._ask(lambda: int(nvml.nvmlDeviceGetTemperatureV(handle, sensor)))
        return self._ask(lambda: int(nvml.nvmlDeviceGetTemperature(handle, sensor))) if newer is None else newer

    def _temperature_limit(self, handle: Any) -> Any:
        nvml = self._nvml
        slowdown = nvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN
        return self._ask(lambda: int(nvml.nvmlDeviceGetTemperatureThreshold(handle, slowdown)))

    def _throttle(self, handle: Any) -> tuple[str, ...] | None:
        """By the newer call, else by the older one."""
        nvml = self._nvml
        bits = self._ask(lambda: int(nvml.nvmlDeviceGetCurrentClocksEventReasons(handle)))
        if bits is None:
            bits = self._ask(lambda: int(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)))
        return None if bits is None else tuple(word for mask, word in _THROTTLE.items() if bits & mask)

    def _pcie(self, handle: Any) -> str | None:
        nvml = self._nvml
        generation = self._ask(lambda: int(nvml.nvmlDeviceGetCurrPcieLinkGeneration(handle)))
        width = self._ask(lambda: int(nvml.nvmlDeviceGetCurrPcieLinkWidth(handle)))
        return f"{generation} x{width}" if generation and width else None

    def _processes(self, handle: Any) -> tuple[Process, ...] | None:
        """Those that compute and those that draw; one that does both is told twice."""
        nvml = self._nvml
        computing = self._ask(lambda: nvml.nvmlDeviceGetComputeRunningProcesses(handle))
        drawing = self._ask(lambda: nvml.nvmlDeviceGetGraphicsRunningProcesses(handle))
        if computing is None and drawing is None:
            return None
        memory = {int(one.pid): one.usedGpuMemory for one in [*(drawing or ()), *(computing or ())]}
        found = [Process(pid=pid, memory=None if held is None else int(held)) for pid, held in memory.items()]
        return tuple(sorted(found, key=lambda process: -(process.memory or 0)))

    def _ask(self, query: Callable[[], Any]) -> Any:
        """The answer; None for a query that this card or driver does not know (old bindings lack some names), and for
        a text that is none."""
        try:
            return query()
        except (self._nvml.NVMLError, AttributeError, UnicodeDecodeError):
            return None

    def _end(self) -> None:
        """The next `read` begins anew: the driver may have been loaded or updated since."""
        self._ready = False
        self._ask(lambda: self._nvml.nvmlShutdown())


def _silent(failed: Mapping[int, Any]) -> str:
    """Which cards do not answer; with the reason where they are there."""
    reasons = {one_line(str(error)): None for error in failed.values() if error.value != _LOST}
    why = f" ({', '.join(reasons)})" if reasons else ""
    return f"GPU {', '.join(map(str, failed))} {'do' if len(failed) > 1 else 'does'} not answer{why}."


def _problem(error: Any) -> str:
    return _PROBLEMS.get(error.value, f"The NVIDIA driver does not answer: {one_line(str(error))}.")
