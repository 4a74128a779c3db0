"""`docmind index` and `docmind search`, from the command line to the exit status."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.library.store import connect, library_file
from docmind.tui.cli import main
from fakes.documents import pdf

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "pump.md").write_text("# Pump\n\nThe flow limit is 18 litres.\n")
    (folder / "plan.pdf").write_bytes(pdf("first page", "the valve is red"))
    return folder


def shown(capsys: Captured) -> Any:
    """The one JSON object on stdout."""
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


def test_index_says_what_it_did(documents: Path, capsys: Captured) -> None:
    (documents / "locked.pdf").write_bytes(pdf("x", encrypted=True))
    (documents / "logo.png").write_bytes(b"pixels")
    assert main(["index", str(documents)]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("2 documents, 3 passages: 2 new, ")
    assert rest == ["  left out: 1 binary", "  not read: locked.pdf: is encrypted: it needs a password"]
    assert main(["index", str(documents)]) == 0
    assert "nothing changed" in capsys.readouterr().out


def test_index_as_json(documents: Path, capsys: Captured) -> None:
    assert main(["index", str(documents), "--json"]) == 0
    report = shown(capsys)
    assert report.pop("seconds") >= 0
    counts = {"files": 2, "added": 2, "updated": 0, "removed": 0, "chunks": 3}
    assert report == {**counts, "failed": [], "skipped": {}}


def test_search_as_json(documents: Path, capsys: Captured) -> None:
    assert main(["search", "flow limit", str(documents), "--json"]) == 0
    answer = shown(capsys)
    assert answer["took_ms"] > 0
    (result,) = answer["results"]
    assert result.pop("score") > 0
    text = "# Pump\n\nThe flow limit is 18 litres."
    assert result == {"path": "pump.md", "page": None, "lines": [1, 3], "heading": "Pump", "text": text}


def test_search_reads_what_is_new_first(documents: Path, capsys: Captured) -> None:
    main(["search", "flow", str(documents)])
    first = capsys.readouterr()
    assert "not indexed yet" in first.err
    assert first.out == "pump.md 1-3   Pump\n    The flow limit is 18 litres.\n\n"
    (documents / "new.txt").write_text("the gasket")
    main(["search", "gasket", str(documents)])
    second = capsys.readouterr()
    assert (second.out.splitlines()[0], second.err) == ("new.txt 1", "")


def test_search_shows_the_part_of_a_passage_that_answers(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "long.txt").write_text("Nothing of interest is said here. " * 20 + "The gasket is made of cork.")
    main(["search", "gasket", str(tmp_path)])
    assert capsys.readouterr().out == "long.txt 1\n    The gasket is made of cork.\n\n"


def test_search_does_not_wait_for_another_update(documents: Path, tmp_path: Path, capsys: Captured) -> None:
    data = tmp_path / "data"
    main(["index", str(documents), "--data-dir", str(data)])
    (documents / "new.txt").write_text("the flow limit of the gasket")
    capsys.readouterr()
    (lock,) = (data / "libraries").glob("*.lock")
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert main(["search", "flow limit", str(documents), "--data-dir", str(data)]) == 0
    captured = capsys.readouterr()
    assert "Another docmind is updating" in captured.err
    assert "pump.md" in captured.out
    assert "new.txt" not in captured.out


@pytest.mark.parametrize("left", ["an empty file", "tables without documents"])
def test_the_first_search_waits_for_another_update(left: str, documents: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    file = library_file(data, [documents])
    file.parent.mkdir(parents=True)
    if left == "an empty file":
        file.touch()
    else:
        connect(file, "rwc").close()
    command = [sys.executable, "-m", "docmind", "search", "flow limit", str(documents), "--data-dir", str(data)]
    pipe = subprocess.PIPE
    with open(file.with_suffix(".lock"), "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        assert process.stderr
        assert "not indexed yet" in process.stderr.readline()
        assert "waiting for it" in process.stderr.readline()
    assert "pump.md" in process.communicate()[0]


def test_a_full_disk_does_not_stop_a_search(documents: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    main(["index", str(documents), "--data-dir", str(data)])
    (documents / "new.txt").write_text("the flow limit of the gasket")
    full = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); "
    full += "from docmind.tui.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", full, "search", "flow limit", str(documents), "--data-dir", str(data)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, "pump.md" in done.stdout, "new.txt" in done.stdout) == (0, True, False), done.stderr
    assert "cannot be written" in done.stderr


def test_a_search_without_documents_says_what_could_not_be_read(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "locked.pdf").write_bytes(pdf("x", encrypted=True))
    for _ in range(2):  # while it reads the folder, and when it has
        assert main(["search", "x", str(tmp_path)]) == 3
        assert "to read here: locked.pdf: is encrypted: it needs a password." in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
def test_a_search_says_why_a_folder_cannot_be_opened(documents: Path, capsys: Captured) -> None:
    documents.chmod(0)
    assert main(["search", "x", str(documents)]) == 3
    assert "documents: the folder cannot be opened: Permission denied" in capsys.readouterr().err


def test_a_file_of_queries_is_answered_line_by_line(documents: Path, tmp_path: Path, capsys: Captured) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_text("flow limit\n\nred valve\nnothing like that\n")
    assert main(["search", "--queries", str(queries), str(documents), "-k", "1"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["query"] for answer in answers] == ["flow limit", "red valve", "nothing like that"]
    assert [[result["path"] for result in answer["results"]] for answer in answers] == [["pump.md"], ["plan.pdf"], []]
    assert answers[1]["results"][0]["page"] == 2


def test_nothing_found_is_said(documents: Path, capsys: Captured) -> None:
    assert main(["search", "zebra", str(documents)]) == 0
    assert capsys.readouterr().out == "Nothing found.\n"


def test_a_folder_without_documents_exits_with_3(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".hidden").write_text("x")
    assert main(["index", str(tmp_path / "empty"), "--json"]) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["skipped"] == {"hidden": 1}
    assert "There are no documents to read here." in captured.err
    assert main(["search", "x", str(tmp_path / "empty")]) == 3
    assert "`docmind index` says what it left out" in capsys.readouterr().err


def test_indexing_a_folder_without_documents_says_what_was_left_out(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / ".hidden").write_text("x")
    assert main(["index", str(tmp_path)]) == 3
    captured = capsys.readouterr()
    assert captured.out.startswith("0 documents, 0 passages: nothing read")
    assert "left out: 1 hidden" in captured.out
    assert captured.err.splitlines()[-1] == "Name a folder with documents."


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["index", "/nowhere"], "no such file"),
        (["search"], "nothing to search for"),
        (["search", "x", "-k", "0"], 'Argument -k: expected a whole number of at least 1, found "0".'),
        (["search", "x", "-k", "many"], 'Argument -k: expected a whole number of at least 1, found "many".'),
        (["search", "--queries", "/nowhere"], "/nowhere"),
    ],
)
def test_wrong_usage_exits_with_2(
    arguments: list[str], problem: str, documents: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(documents)
    assert main(arguments) == 2
    assert problem in capsys.readouterr().err


def test_a_damaged_index_says_how_to_rebuild_it(documents: Path, tmp_path: Path, capsys: Captured) -> None:
    data = tmp_path / "data"
    main(["index", str(documents), "--data-dir", str(data)])
    (file,) = (data / "libraries").glob("*.db")
    file.write_bytes(b"no database " * 1000)
    capsys.readouterr()
    assert main(["search", "flow", str(documents), "--data-dir", str(data), "--json"]) == 1
    error = shown(capsys)["error"]
    assert (error["code"], "--rebuild" in error["hint"]) == ("ERR_2003", True)
    assert main(["index", str(documents), "--data-dir", str(data), "--rebuild"]) == 0
