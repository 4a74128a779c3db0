"""A driver for tests, seen by the real binding in this process."""

import ctypes
from pathlib import Path

import pynvml
import pytest

from fakes.nvml import FakeDriver, build


@pytest.fixture(scope="session")
def nvml_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled once."""
    library = build(tmp_path_factory.mktemp("driver"))
    if library is None:
        pytest.skip("no C compiler (cc, gcc) to build the driver that the tests use")
    return library


@pytest.fixture
def driver(nvml_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDriver:
    """With one card that answers everything."""
    driver = FakeDriver(nvml_library, tmp_path / "driver.txt")
    monkeypatch.setenv("FAKE_NVML", str(driver.file))
    loaded = ctypes.CDLL(str(nvml_library))
    while loaded.nvmlShutdown() == pynvml.NVML_SUCCESS:
        pass  # the library is loaded once, and a test may have left it started
    monkeypatch.setattr(pynvml, "nvmlLib", loaded)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    return driver
