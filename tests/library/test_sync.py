import fcntl
import os
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.library.store import connect
from docmind.agents.library.sync import Progress, Report, sync
from docmind.agents.library.sync_child import command
from docmind.agents.settings import LibrarySettings
from fakes.documents import pdf
from fakes.shelf import Shelf


def changes(report: Report) -> tuple[int, int, int]:
    return report.added, report.updated, report.removed


def test_new_changed_and_deleted_files_reach_the_index(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.write("b.txt", "the banana")
    assert changes(shelf.sync()) == (2, 0, 0)
    shelf.write("a.txt", "now a cherry")
    shelf.write("c.txt", "a date")
    (shelf.folder / "b.txt").unlink()
    report = shelf.sync()
    assert (changes(report), report.files, report.chunks) == ((1, 1, 1), 2, 2)
    assert [shelf.found(word) for word in ("apple", "banana", "cherry", "date")] == [[], [], ["a.txt"], ["c.txt"]]
    with closing(connect(shelf.file, "rw")) as db:  # FTS5 finds no trace of the old texts
        db.execute("INSERT INTO passage(passage, rank) VALUES ('integrity-check', 1)")


def test_nothing_changed_means_nothing_is_read(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.sync()
    seen: list[Progress] = []
    assert changes(shelf.sync(seen.append)) == (0, 0, 0)
    assert [progress.state for progress in seen] == ["finding"]


def test_a_new_date_on_the_same_content_changes_nothing(shelf: Shelf) -> None:
    path = shelf.write("a.txt", "the apple")
    shelf.sync()
    os.utime(path, (1, 1))
    assert shelf.pending()
    assert changes(shelf.sync()) == (0, 0, 0)
    assert not shelf.pending()


def test_a_change_that_keeps_size_and_date_is_seen(shelf: Shelf) -> None:
    path = shelf.write("a.txt", "the apple")
    shelf.sync()
    before = path.stat()
    shelf.write("a.txt", "the grape")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changes(shelf.sync()) == (0, 1, 0)


def test_pending_tells_whether_a_sync_would_do_anything(shelf: Shelf) -> None:
    answers = [shelf.pending()]
    for step in (
        lambda: shelf.write("a.txt", "one"),
        lambda: shelf.write("b.txt", "two"),
        lambda: shelf.write("b.txt", "three"),
        lambda: (shelf.folder / "a.txt").unlink(),
    ):
        step()
        answers.append(shelf.pending())
        shelf.sync()
        assert not shelf.pending()
    assert all(answers)


def test_a_file_that_cannot_be_read_is_reported_and_stops_nothing(shelf: Shelf) -> None:
    shelf.write("a.pdf", pdf("x", encrypted=True))
    shelf.write("b.txt", "the apple")
    shelf.write("c.docx", b"PK\x03\x04 cut")
    report = shelf.sync()
    assert (report.files, sorted(failure.path for failure in report.failed)) == (1, ["a.pdf", "c.docx"])
    assert shelf.sync().failed == report.failed
    assert not shelf.pending()


def test_a_file_that_can_no_longer_be_read_leaves_the_index(shelf: Shelf) -> None:
    shelf.write("a.pdf", pdf("apple"))
    shelf.sync()
    shelf.write("a.pdf", pdf("apple")[:90])
    report = shelf.sync()
    assert (changes(report), len(report.failed), shelf.found("apple")) == ((0, 0, 1), 1, [])


def test_binary_files_are_counted_every_time(shelf: Shelf) -> None:
    shelf.write("a.unknown", bytes(range(256)) * 10)
    shelf.write("b.png", b"pixels")
    assert shelf.sync().skipped == shelf.sync().skipped == {"binary": 2}


def test_strange_names_are_shown_harmlessly_and_apart(shelf: Shelf) -> None:
    for name in (b"line\nbreak.txt", b"red\x1b[31m.txt", b"red.txt", b"latin-\xe9.txt", b"latin-\xe8.txt"):
        shelf.write(name, f"the apple {name!r}")
    shelf.sync()
    paths = [document.path for document in shelf.library.documents()]
    assert paths == ["latin-\ufffd.txt", "latin-\ufffd.txt (2)", "line\ufffdbreak.txt", "red.txt", "red.txt (2)"]
    assert sorted(shelf.found("apple")) == sorted(paths)
    "\n".join(paths).encode()
    assert [shelf.library.read(path)[0].path for path in paths] == paths


def test_several_folders_are_told_apart_by_their_names(tmp_path: Path) -> None:
    roots = [tmp_path / "one" / "docs", tmp_path / "two" / "docs", tmp_path / "single.txt"]
    for root in roots[:2]:
        root.mkdir(parents=True)
        (root / "a.txt").write_text("the apple")
    roots[2].write_text("the apple")
    shelf = Shelf(tmp_path)
    sync(roots, shelf.file, shelf.settings)
    assert sorted(shelf.found("apple")) == ["docs (2)/a.txt", "docs/a.txt", "single.txt"]
    shelf.close()


def test_an_interruption_keeps_every_file_that_was_done(shelf: Shelf) -> None:
    for number in range(5):
        shelf.write(f"{number}.txt", f"the apple {number}")

    def interrupt(progress: Progress) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shelf.sync(interrupt)
    assert len(shelf.found("apple")) == 3
    assert changes(shelf.sync()) == (2, 0, 0)


def test_a_killed_update_keeps_every_file_that_was_done(shelf: Shelf) -> None:
    for number in range(200):
        shelf.write(f"{number}.txt", f"the apple {number}")
    pipe = subprocess.PIPE
    with subprocess.Popen(command([shelf.folder], shelf.file, shelf.settings), stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        while b'"reading"' not in process.stdout.readline():
            pass
        process.kill()
    files, _ = shelf.library.counts()
    assert files >= 1
    assert changes(shelf.sync()) == (200 - files, 0, 0)


def test_a_file_that_changes_while_it_is_read_is_read_again(shelf: Shelf) -> None:
    path = shelf.write("a.txt", "the apple")
    shelf.sync()
    with sqlite3.connect(shelf.file) as db:  # what the reader notes of a file that changed under its hands
        db.execute("UPDATE file SET changed = 0")
    db.close()
    path.write_text("the grape")
    assert shelf.pending()
    assert changes(shelf.sync()) == (0, 1, 0)


def test_a_second_update_waits_for_the_first(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.sync()
    waiting, reports = threading.Event(), list[Report]()

    def tell(progress: Progress) -> None:
        if progress.state == "waiting":
            waiting.set()

    with open(shelf.file.with_suffix(".lock")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=lambda: reports.append(shelf.sync(tell)))
        second.start()
        assert waiting.wait(30)
        assert shelf.found("apple") == ["a.txt"]  # searching does not wait
        with pytest.raises(DocmindError) as caught:
            sync([shelf.folder], shelf.file, shelf.settings, wait=False)
        assert caught.value.code == Code.INDEX_BUSY
        assert not reports
    second.join(30)
    assert [report.files for report in reports] == [1]


def test_a_rebuild_reads_everything_again(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.sync()
    shelf.library.search("apple")
    assert changes(shelf.sync(rebuild=True)) == (1, 0, 0)
    assert shelf.found("apple") == ["a.txt"]


def test_a_file_that_failed_is_read_again_under_other_limits(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.write("b.pdf", pdf("x", encrypted=True))
    shelf.settings = LibrarySettings(file_timeout=1e-6)
    assert [failure.reason for failure in shelf.sync().failed] == ["took longer than 1e-06 s to read"] * 2
    assert not shelf.pending()
    shelf.settings = LibrarySettings()
    assert shelf.pending()
    report = shelf.sync()
    assert (changes(report), [failure.path for failure in report.failed]) == ((1, 0, 0), ["b.pdf"])
    shelf.settings = LibrarySettings(file_timeout=60, file_memory_mb=4096)  # now only what failed
    seen: list[Progress] = []
    assert changes(shelf.sync(seen.append)) == (0, 0, 0)
    assert [progress.path for progress in seen if progress.state == "reading"] == ["b.pdf"]
    assert not shelf.pending()


def test_chunks_of_another_length_are_made_anew(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple. " * 100)
    assert shelf.sync().chunks == 1
    shelf.settings = LibrarySettings(chunk_chars=200)
    assert shelf.pending()
    report = shelf.sync()
    assert (changes(report), report.chunks > 1) == ((0, 1, 0), True)
    assert not shelf.pending()


def test_a_file_over_the_limit_is_left_out(shelf: Shelf) -> None:
    shelf.write("a.txt", "x" * 3000)
    report = sync([shelf.folder], shelf.file, LibrarySettings(max_file_mb=0.002))
    assert (report.files, report.skipped) == (0, {"too large": 1})
