"""Passages of old answers that lead astray, and files that are no longer what they were."""

import os
from pathlib import Path

import pytest

from docmind.agents.records import Passage
from docmind.agents.settings import LibrarySettings
from fakes.shelf import Shelf
from fakes.stale import NOTES, OLD, kept, seen


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_reading_a_file_again_has_its_limits(shelf: Shelf) -> None:
    passage = kept(shelf, "a.txt", OLD)
    shelf.write("a.txt", NOTES * 400)
    shelf.settings = LibrarySettings(max_file_mb=0.1)
    assert (seen(shelf, passage).state, seen(shelf, passage).reason) == ("unreadable", "too large")


def test_a_fifo_in_the_place_of_the_file_blocks_nothing(shelf: Shelf) -> None:
    passage = kept(shelf, "a.txt", OLD)
    (shelf.folder / "a.txt").unlink()
    os.mkfifo(shelf.folder / "a.txt")
    for _ in range(2):
        assert seen(shelf, passage).state == "gone"
        shelf.sync()


def test_a_link_is_not_followed_after_the_index_has_heard_of_it(shelf: Shelf, tmp_path: Path) -> None:
    passage = kept(shelf, "deep/a.txt", OLD)
    (shelf.folder / "deep").rename(tmp_path / "elsewhere")
    (shelf.folder / "deep").symlink_to(tmp_path / "elsewhere")
    for _ in range(2):
        assert (seen(shelf, passage).state, seen(shelf, passage).file) == ("gone", b"")
        shelf.sync()


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "", "a\0b", "deep/../../secret.txt", "x" * 5000])
def test_no_path_leads_out_of_the_folders(shelf: Shelf, tmp_path: Path, path: str) -> None:
    kept(shelf, "a.txt", OLD)
    (tmp_path / "secret.txt").write_text("secret")
    for roots in ([], [tmp_path / "documents" / "deep"]):
        source = seen(shelf, Passage(path=path, text="secret"), roots=roots)
        assert (source.file, source.before, source.after, source.changes) == (b"", "", "", [])
        assert source.state != "current"


def test_a_hostile_passage_costs_no_more_than_any_other(shelf: Shelf) -> None:
    shelf.write("a.txt", "a b " * 100_000)
    shelf.sync()
    for text in ["a b " * 4_990 + "c", "a b " * 50_000, "(a+)+$" * 5_000, "\x1b[2J" * 5_000, " " * 100_000]:
        assert seen(shelf, Passage(path="a.txt", text=text, lines=(1, 1))).state in ("changed", "moved", "current")
