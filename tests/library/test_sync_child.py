import fcntl
import json
import subprocess
from typing import Any

from docmind.agents.library.sync_child import command
from fakes.documents import pdf, xlsx
from fakes.shelf import Shelf


def start(shelf: Shelf, wait: bool = True) -> "subprocess.Popen[bytes]":
    pipe = subprocess.PIPE
    return subprocess.Popen(command([shelf.folder], shelf.file, shelf.settings, wait), stdin=pipe, stdout=pipe)


def lines(shelf: Shelf, wait: bool = True) -> list[dict[str, Any]]:
    """What it prints, with stdin left open to its end."""
    with start(shelf, wait) as process:
        assert process.stdout
        return [json.loads(line) for line in process.stdout]


def test_it_tells_its_progress_and_then_what_it_did(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.write(b"\xff.pdf", pdf("x", encrypted=True))
    *progress, report = lines(shelf)
    assert {line["type"] for line in progress} == {"progress"}
    assert progress[-1] == {"type": "progress", "state": "settling", "done": 2, "todo": 2, "failed": 1, "path": ""}
    assert report.pop("seconds") >= 0
    assert report == {
        "type": "report",
        "files": 1,
        "added": 1,
        "updated": 0,
        "removed": 0,
        "failed": [{"path": "\ufffd.pdf", "reason": "is encrypted: it needs a password"}],
        "skipped": {},
        "chunks": 1,
    }


def test_an_error_is_a_line_too(shelf: Shelf) -> None:
    shelf.folder.rmdir()
    (error,) = lines(shelf)
    assert (error["type"], error["code"]) == ("error", "ERR_2001")


def test_it_says_that_it_waits_or_does_not_wait(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.sync()
    with shelf.file.with_suffix(".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (error,) = lines(shelf, wait=False)
        assert (error["type"], error["code"]) == ("error", "ERR_2004")
        process = start(shelf)
        assert process.stdout
        assert json.loads(process.stdout.readline())["state"] == "waiting"
    with process:
        assert json.loads(process.stdout.readlines()[-1])["type"] == "report"


def test_it_does_not_outlive_its_parent(shelf: Shelf) -> None:
    shelf.write("a.txt", "the apple")
    shelf.write("huge.xlsx", xlsx("s", [["1"] * 1000] * 3000))
    with start(shelf) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        process.stdin.close()
        assert process.wait(30) == 1
