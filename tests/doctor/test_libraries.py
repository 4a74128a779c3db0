"""The indexes of the data folder, as docmind doctor finds them."""

import errno
import fcntl
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from docmind.agents.doctor.findings import Finding
from docmind.agents.doctor.libraries import libraries
from docmind.agents.library.store import library_file
from docmind.agents.library.sync import sync
from docmind.agents.settings import LibrarySettings

SETTINGS = LibrarySettings()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def index(folder: Path, data: Path) -> Path:
    """Of a folder with one document, up to date."""
    file = library_file(data, [folder])
    sync([folder], file, SETTINGS)
    return file


def found(data: Path) -> list[Finding]:
    return libraries(data, SETTINGS)


def test_indexes_that_are_well_are_one_finding(index: Path, data: Path) -> None:
    (told,) = found(data)
    assert told.level == "ok"
    assert told.why.startswith("1 index, 1 document, 1 passage, ")


def test_a_folder_of_indexes_that_is_closed_is_a_problem(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_folder: Path) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("os.listdir", closed)  # root, who may run the tests, is refused nothing
    (told,) = found(data)
    assert (told.level, told.why) == ("problem", f"{data / 'libraries'} cannot be read: Permission denied.")
    assert told.do


def test_documents_in_a_closed_folder_are_not_said_to_be_gone(
    index: Path, data: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exists = Path.exists

    def closed(path: Path) -> bool:
        if path == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return exists(path)

    monkeypatch.setattr(Path, "exists", closed)
    assert not any("not there" in told.why for told in found(data))


def test_nothing_read_yet_is_no_problem(data: Path) -> None:
    (told,) = found(data)
    assert (told.level, "No documents" in told.why) == ("ok", True)


def test_a_stale_index_is_told_with_the_command(index: Path, data: Path, folder: Path) -> None:
    (folder / "pump.md").write_text("The pump is green.\n")
    (folder / "new.md").write_text("A valve.\n")
    _, stale = found(data)
    assert (stale.level, stale.why) == ("note", f"2 files of {folder} changed since they were read.")
    assert stale.do.endswith(f"docmind index {folder}")


def test_documents_that_could_not_be_read_are_counted(index: Path, data: Path, folder: Path) -> None:
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    sync([folder], index, SETTINGS)
    _, failed = found(data)
    assert failed.why == f"1 file of {folder} could not be read, 1 could."


def test_an_index_that_is_being_updated_is_busy(index: Path, data: Path) -> None:
    with index.with_suffix(".lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _, busy = found(data)
    assert (busy.level, "is busy" in busy.why) == ("note", True)


def test_a_damaged_index_is_a_problem_with_the_command_that_makes_it_anew(
    index: Path, data: Path, folder: Path
) -> None:
    for number in range(200):
        (folder / f"{number}.md").write_text(f"Valve {number} is closed.\n" * 50)
    sync([folder], index, SETTINGS)
    with index.open("r+b") as file:
        file.seek(os.path.getsize(index) // 2)
        file.write(os.urandom(64 << 10))
    (damaged,) = found(data)
    assert damaged.level == "problem"
    assert damaged.do == f"docmind index --rebuild {folder}"


def test_one_of_another_version_and_one_that_is_none_are_problems(index: Path, data: Path, folder: Path) -> None:
    shutil.copy(index, index.with_name("old.db"))
    with sqlite3.connect(index.with_name("old.db")) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    index.with_name("none.db").write_text("no database at all, but long enough to be looked at as one " * 20)
    told = [finding for finding in found(data) if finding.level == "problem"]
    assert sorted(finding.do for finding in told) == [
        "Run `docmind index --rebuild` with the same folders.",
        f"docmind index --rebuild {folder}",
    ]


def test_a_folder_that_is_gone_is_told_with_what_its_index_takes(index: Path, data: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    _, gone = found(data)
    assert gone.why.startswith(f"{folder} is not there any more; its index takes ")
    assert gone.do.endswith(f"rm {index}")


def test_when_the_time_is_over_nothing_is_said_to_be_damaged(index: Path, data: Path, folder: Path) -> None:
    (folder / "new.md").write_text("A valve.\n")
    assert [finding.level for finding in libraries(data, SETTINGS, limit=0)] == ["ok"]
