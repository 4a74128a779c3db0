"""The record on disk: what is kept, who may read it, and what a bad file or a full disk does to it."""

import contextlib
import logging
import resource
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.record.store import BATCH, Recorder, read, record_file
from docmind.agents.records import Call
from fakes.waiting import until

CALL = Call(
    run="r1",
    phase="step",
    profile="fast",
    at=1000.0,
    total_ms=2000.5,
    outcome="failed",
    code="ERR_5002",
    model="tiny:latest",
    first_token_ms=300.25,
    prompt_tokens=10,
    completion_tokens=20,
    estimated=True,
    whole=True,
    loaded=True,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return record_file(tmp_path / "data")


def write(file: Path, *calls: Call, kept: int = 1000) -> None:
    recorder = Recorder(file, kept)
    for call in calls:
        recorder.add(call)
    recorder.close()


def calls(number: int) -> list[Call]:
    return [msgspec.structs.replace(CALL, run=f"r{index}", at=float(index)) for index in range(number)]


def test_what_was_added_is_read_again(file: Path) -> None:
    bare = Call(run="r2", phase="step", profile="fast", at=1001.0, total_ms=1.0, outcome="ok")
    write(file, CALL, bare)
    assert read(file) == [CALL, bare]


def test_a_later_engine_goes_on_with_the_record(file: Path) -> None:
    first, second = calls(2)
    write(file, first)
    write(file, second)
    assert read(file) == [first, second]


def test_only_calls_since_a_moment_are_read(file: Path) -> None:
    write(file, *calls(10))
    assert [call.run for call in read(file, 8.0)] == ["r8", "r9"]


def test_without_a_file_the_record_is_empty_and_stays_away(file: Path) -> None:
    assert read(file) == []
    file.parent.mkdir()
    file.touch()
    assert read(file) == []
    assert file.stat().st_size == 0


def test_only_the_user_may_read_the_record(file: Path) -> None:
    write(file, CALL)
    with contextlib.closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        db.execute("SELECT * FROM call").fetchall()
        modes = {path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert (modes, file.parent.stat().st_mode & 0o777) == ({0o600}, 0o700)


def test_the_oldest_calls_make_room_for_new_ones(file: Path) -> None:
    for call in calls(30):
        write(file, call, kept=10)
    assert [call.run for call in read(file)] == [f"r{number}" for number in range(20, 30)]


def test_the_file_grows_no_further_when_it_is_full(file: Path) -> None:
    write(file, *calls(500), kept=10)
    size = file.stat().st_size
    for _ in range(5):
        write(file, *calls(500), kept=10)
    assert file.stat().st_size == size


def test_many_threads_may_read_while_it_is_written(file: Path) -> None:
    recorder, seen = Recorder(file), list[int]()
    recorder.add(CALL)

    def look() -> None:
        while not seen or seen[-1] < 200:
            seen.append(len(read(file)))

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for call in calls(200):
        recorder.add(call)
    for reader in readers:
        reader.join(30)
    recorder.close()
    assert len(read(file)) == 201


def break_(file: Path, how: str) -> None:
    if how == "not a database":
        file.write_bytes(b"no database at all " * 100)
    elif how == "torn":
        file.write_bytes(file.read_bytes()[:4096] + b"\xff" * 8192)
    else:
        statement = {
            "newer version": "PRAGMA user_version = 99",
            "other program": "PRAGMA application_id = 1",
            "foreign rows": "UPDATE call SET total_ms = 'soon'",
        }[how]
        with contextlib.closing(sqlite3.connect(file)) as db, db:
            db.execute(statement)


@pytest.mark.parametrize("how", ["not a database", "torn", "newer version", "other program", "foreign rows"])
def test_a_record_that_cannot_be_used_is_told_and_left_as_it_is(file: Path, how: str) -> None:
    write(file, *calls(100))
    break_(file, how)
    held = file.read_bytes()
    with pytest.raises(DocmindError) as caught:
        read(file)
    assert caught.value.code == Code.RECORD_DAMAGED
    assert str(file) in caught.value.message
    assert caught.value.hint.startswith("Move it away")
    assert file.read_bytes() == held


def make_older(file: Path) -> None:
    """As the first version wrote it."""
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute("ALTER TABLE call DROP COLUMN loaded")
        db.execute("ALTER TABLE call DROP COLUMN whole")
        db.execute("PRAGMA user_version = 1")


@pytest.mark.parametrize("first", ["read", "written"])
def test_a_record_of_an_earlier_version_is_brought_up_to_date_and_keeps_its_rows(file: Path, first: str) -> None:
    write(file, CALL)
    make_older(file)
    if first == "read":
        assert read(file) == [msgspec.structs.replace(CALL, whole=False, loaded=False)]
    write(file, CALL)
    assert read(file) == [msgspec.structs.replace(CALL, whole=False, loaded=False), CALL]


def test_many_readers_bring_a_record_up_to_date_once(file: Path) -> None:
    write(file, CALL)
    make_older(file)
    seen: list[int] = []
    readers = [threading.Thread(target=lambda: seen.append(len(read(file)))) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    assert seen == [1] * 8


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("how", ["not a database", "newer version"])
async def test_an_unusable_record_is_logged_once_and_begun_anew_when_it_is_gone(
    file: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, CALL)
    break_(file, how)
    recorder = Recorder(file)
    recorder.add(CALL)
    await until(lambda: warnings(caplog))
    (warning,) = warnings(caplog)
    assert "cannot be used" in warning
    assert "Calls are not recorded. Move it away" in warning
    for path in file.parent.iterdir():
        path.unlink()
    recorder.add(CALL)
    recorder.close()
    assert read(file) == [CALL]
    assert len(warnings(caplog)) == 1


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_is_logged_once_and_calls_are_kept_again_when_there_is_room(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(file)
    recorder.add(CALL)
    await until(lambda: read(file))
    with full_disk():
        recorder.add(CALL)
        await until(lambda: warnings(caplog))
    (warning,) = warnings(caplog)
    assert "cannot be written" in warning
    recorder.add(CALL)
    recorder.close()
    assert read(file) == [CALL, CALL]
    assert len(warnings(caplog)) == 1


def test_a_place_that_cannot_be_written_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    write(record_file(tmp_path / "data"), *calls(3 * BATCH))
    assert len(warnings(caplog)) == 1


def test_a_record_that_is_locked_does_not_hold_the_engine_up(file: Path) -> None:
    write(file, CALL)
    recorder = Recorder(file)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        for call in calls(1000):
            recorder.add(call)  # would block here for ever
        db.execute("COMMIT")
    recorder.close()
    assert len(read(file)) == 1001
