"""The Nth write, sync, truncation, renaming or removal fails: the store is as before or as wanted, never between.

Every Nth of everything is tried by benchmarks/chats.py.
"""

import json
from pathlib import Path

import pytest

from fakes import disk
from fakes.chat_faults import wrong


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = disk.build(tmp_path_factory.mktemp("disk"))
    if library is None:
        pytest.skip("no C compiler")
    return library


@pytest.mark.parametrize(("work", "step"), [("migrate", 1), ("import", 7), ("ask", 11), ("mend", 7)])
def test_whatever_the_disk_refuses_the_store_is_in_its_old_state_or_in_its_new_one(
    library: Path, tmp_path: Path, work: str, step: int
) -> None:
    folder = tmp_path / "data"
    found = [
        json.loads(line)
        for line in disk.run(library, folder, "fakes.chat_faults", work, str(folder), str(step)).splitlines()
    ]
    assert len({attempt["nth"] for attempt in found}) > 5
    faults = [(attempt["nth"], attempt["lasts"], problem) for attempt in found if (problem := wrong(work, attempt))]
    assert faults == []
    assert any(attempt["told"] for attempt in found)
