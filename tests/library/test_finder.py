import os
import socket
from pathlib import Path

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.library.finder import BINARY, EMPTY, HIDDEN, IGNORED, LARGE, LINK, SPECIAL, Findings, find

LIMIT = 1000


def names(findings: Findings) -> set[str]:
    return {os.fsdecode(found.name) for found in findings.files}


def test_what_is_left_out_is_counted_with_its_reason(tmp_path: Path) -> None:
    for name, content in {
        "kept.md": "text",
        ".hidden": "text",
        ".git/config": "text",
        "picture.PNG": "pixels",
        "drawing.svg": '<svg><path d="M0 0"/></svg>',
        "empty.txt": "",
        "large.txt": "x" * (LIMIT + 1),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    findings = find([tmp_path], LIMIT)
    assert names(findings) == {"kept.md"}
    assert findings.skipped == {HIDDEN: 2, BINARY: 2, EMPTY: 1, LARGE: 1}


def test_a_deeper_gitignore_overrides_the_one_above(tmp_path: Path) -> None:
    (tmp_path / "sub" / "build").mkdir(parents=True)
    for name in ("a.log", "a.txt", "sub/b.log", "sub/keep.log", "sub/build/c.txt", "sub/d.tmp"):
        (tmp_path / name).write_text("text")
    (tmp_path / ".gitignore").write_text("*.log\nbuild/\n")
    (tmp_path / "sub" / ".gitignore").write_text("!keep.log\n*.tmp\n")
    findings = find([tmp_path], LIMIT)
    assert names(findings) == {"a.txt", "sub/keep.log"}
    assert findings.skipped[IGNORED] == 4


def test_links_are_never_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (outside / "secret.txt").write_text("secret")
    (folder / "file.txt").symlink_to(outside / "secret.txt")
    (folder / "deep").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    findings = find([folder], LIMIT)
    assert (names(findings), findings.skipped) == (set(), {LINK: 3})


def test_pipes_and_sockets_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    os.mkfifo("pipe.txt")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.txt")
        assert find([tmp_path], LIMIT).skipped == {SPECIAL: 2}


def test_a_root_inside_another_one_counts_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("text")
    (tmp_path / "b.txt").write_text("text")
    found = find([tmp_path, tmp_path / "sub", tmp_path / "b.txt"], LIMIT).files
    assert sorted(item.path for item in found) == [os.fsencode(tmp_path / "b.txt"), os.fsencode(tmp_path / "sub/a.txt")]


def test_a_single_file_is_a_root_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    (found,) = find([tmp_path / "a.txt"], LIMIT).files
    assert (found.root, found.name) == (os.fsencode(tmp_path / "a.txt"), b"")


@pytest.mark.parametrize("name", ["nowhere", "nowhere\x1b[31m", "pipe"])
def test_a_root_that_is_neither_folder_nor_file_is_an_error(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DocmindError) as caught:
        find([tmp_path / name], LIMIT)
    assert caught.value.code == Code.NO_FOLDER
    assert "\x1b" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
def test_a_folder_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    (failure,) = find([tmp_path], LIMIT).failed
    locked.chmod(0o700)
    assert failure == (os.fsencode(tmp_path), b"locked", "the folder cannot be opened: Permission denied")
