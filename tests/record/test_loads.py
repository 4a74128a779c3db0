"""What was loaded, where and in how long is kept, and says how long the next time will take."""

import sqlite3
from pathlib import Path

import pytest

from docmind.agents.record.loads import Loads, expected, last, loads_file, read
from docmind.agents.views import Load


def load(seconds: float, profile: str = "fast", model: str = "tiny") -> Load:
    return Load(profile=profile, model=model, at=1.0, seconds=seconds, size=8, vram=5, gpu_percent=62)


def test_loads_are_kept_with_all_that_is_known_of_them(tmp_path: Path) -> None:
    loads = Loads(tmp_path)
    loads.add(load(3.0))
    loads.add(Load(profile="other", model="m", at=2.0, seconds=1.0))
    loads.close()
    kept = read(loads_file(tmp_path))
    assert sorted(kept, key=lambda one: one.at) == [load(3.0), Load(profile="other", model="m", at=2.0, seconds=1.0)]
    assert Loads(tmp_path).expected("fast") == 3.0
    assert loads_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_the_median_of_the_last_five_is_expected_and_another_model_begins_anew() -> None:
    kept = [load(seconds) for seconds in (100, 90, 12, 11, 13, 12, 60)]
    assert expected(kept, "fast") == 12
    assert expected([*kept, load(4, model="small")], "fast") == 4
    assert expected(kept, "never") is None
    assert last([*kept, load(4, model="small")], "fast") == load(4, model="small")


@pytest.mark.parametrize("content", [b"no database", b""])
def test_a_damaged_file_stops_nothing(tmp_path: Path, content: bytes) -> None:
    loads_file(tmp_path).write_bytes(content)
    loads = Loads(tmp_path)
    loads.add(load(3.0))
    loads.close()
    assert loads.expected("fast") == 3.0


def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(loads_file(tmp_path)) as other:
        other.execute("CREATE TABLE theirs(x)")
    other.close()
    loads = Loads(tmp_path)
    loads.add(load(3.0))
    loads.close()
    assert read(loads_file(tmp_path)) == []
