import contextlib
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.library.store import connect, library_file
from docmind.agents.library.sync import sync
from docmind.agents.library.sync_child import command
from fakes.shelf import Shelf


def test_the_index_is_found_again_whatever_the_order_of_the_folders(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    files = {library_file(tmp_path, roots) for roots in ([one, two], [two, one, one], [two / ".." / "one", two])}
    assert len(files) == 1
    assert library_file(tmp_path, [one]) not in files


def test_only_the_user_may_read_the_index(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.sync()
    modes = {path.stat().st_mode & 0o777 for path in shelf.file.parent.iterdir()}
    assert (modes, shelf.file.parent.stat().st_mode & 0o777) == ({0o600}, 0o700)


@pytest.mark.parametrize("damage", ["not a database", "other version", "other program", "torn"])
def test_a_damaged_index_is_kept_until_it_is_rebuilt(shelf: Shelf, damage: str) -> None:
    shelf.write("a.txt", "the apple " * 2000)
    shelf.sync()
    _damage(shelf.file, damage)
    held = shelf.file.read_bytes()
    for look in (shelf.sync, shelf.pending, lambda: shelf.library.search("apple")):
        with pytest.raises(DocmindError) as caught:
            look()
        assert caught.value.code == Code.INDEX_DAMAGED
        assert "--rebuild" in caught.value.hint
    assert shelf.file.read_bytes() == held
    shelf.sync(rebuild=True)
    assert set(shelf.found("apple")) == {"a.txt"}


def _damage(file: Path, how: str) -> None:
    if how == "not a database":
        file.write_bytes(b"no database at all " * 100)
    elif how == "torn":
        file.write_bytes(file.read_bytes()[:4096] + b"\xff" * (file.stat().st_size - 4096))
    else:
        with sqlite3.connect(file) as db:
            db.execute("PRAGMA user_version = 99" if how == "other version" else "PRAGMA application_id = 1")
        db.close()


def test_an_index_that_was_never_finished_is_no_damage(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.file.parent.mkdir(parents=True)
    shelf.file.touch()
    assert shelf.pending()
    with pytest.raises(DocmindError) as caught:
        shelf.library.search("apple")
    assert caught.value.code == Code.NO_DOCUMENTS
    assert shelf.sync().added == 1


def test_a_full_disk_leaves_the_index_as_it_was(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.sync()
    shelf.write("b.txt", " ".join(f"word{number}" for number in range(100_000)))
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (400_000,) * 2); "
    limited += "sys.argv = sys.argv[1:]; from docmind.agents.library.sync_child import main; main()"
    arguments = command([shelf.folder], shelf.file, shelf.settings)[4:]
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", limited, "sync", *arguments], stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        assert f'"code":"{Code.DISK.value}"' in process.stdout.read().decode()
    assert shelf.found("apple") == ["a.txt"]
    assert shelf.sync().added == 1


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_does_not_stop_a_search_nor_hide_what_is_written_later(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.sync()
    with full_disk():
        assert shelf.found("apple") == ["a.txt"]
        assert not shelf.pending()
    shelf.write("b.txt", "the banana")
    shelf.sync()
    assert shelf.found("banana") == ["b.txt"]


def test_on_a_full_disk_changes_that_are_not_in_the_index_itself_are_not_passed_over(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.sync()
    with contextlib.closing(connect(shelf.file, "rw")) as db:
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute("UPDATE file SET path = 'b.txt'")
        log = shelf.file.with_name(shelf.file.name + "-wal").read_bytes()
    shelf.file.with_name(shelf.file.name + "-wal").write_bytes(log)  # as if the writer had been killed
    with full_disk(), pytest.raises(DocmindError) as caught:
        shelf.found("apple")
    assert caught.value.code == Code.DISK


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_cannot_be_written_is_an_error(shelf: Shelf, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(DocmindError) as caught:
        sync([shelf.folder], locked / "libraries" / "x.db", shelf.settings)
    assert caught.value.code == Code.DISK
