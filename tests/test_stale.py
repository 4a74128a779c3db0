"""Passages of old answers: what became of them in the files as they are now."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from docmind.agents.protocol import Source
from docmind.agents.records import Passage
from docmind.tui.stale import told
from fakes.documents import pdf
from fakes.formats import every_format
from fakes.shelf import Shelf
from fakes.stale import NEW, NOTES, OLD, kept, seen


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def differing(source: Source) -> list[tuple[str, str]]:
    return [(change.kind, change.text.strip()) for change in source.changes if change.kind != "same"]


@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize(("name", "data"), every_format(OLD).items())
def test_a_passage_of_every_format_says_what_became_of_it(shelf: Shelf, name: str, data: bytes, synced: bool) -> None:
    """Also while the index is still behind the file."""
    passage = kept(shelf, name, data)
    assert seen(shelf, passage).state == "current"
    shelf.write(name, every_format(NEW)[name])
    if synced:
        shelf.sync()
    changed = seen(shelf, passage)
    assert (changed.state, changed.passage, changed.page) == ("changed", passage, passage.page)
    assert differing(changed) == [("removed", "12"), ("added", "18")]
    (shelf.folder / name).unlink()
    if synced:
        shelf.sync()
    assert (seen(shelf, passage).state, seen(shelf, passage).file) == ("gone", b"")


def test_the_hash_of_the_file_travels_with_its_passages(shelf: Shelf) -> None:
    first = kept(shelf, "a.txt", OLD)
    second = kept(shelf, "a.txt", NEW)
    assert len(first.file_hash) == len(second.file_hash) == 16
    assert first.file_hash != second.file_hash
    assert kept(shelf, "a.txt", OLD) == replace(first, score=kept(shelf, "a.txt", OLD).score)


@pytest.mark.parametrize("synced", [True, False])
def test_a_passage_that_has_only_moved_is_found_again(shelf: Shelf, synced: bool) -> None:
    passage = kept(shelf, "a.txt", f"{NOTES}\n{OLD}\nIt was painted.\n\n{NOTES}")
    above = "Something new.\n\n\n"
    shelf.write("a.txt", f"{above}{NOTES}\n{OLD}\nIt was painted.\n\n{NOTES}")
    if synced:
        shelf.sync()
    source = seen(shelf, passage)
    assert passage.lines
    assert (source.state, source.lines) == ("moved", (passage.lines[0] + 3, passage.lines[1] + 3))
    lines = (shelf.folder / "a.txt").read_text().split("\n")
    for first, text in [(source.first_line, source.before), (source.after_line, source.after)]:
        assert first
        assert text
        assert text.split("\n") == lines[first - 1 : first + text.count("\n")]


def test_a_passage_that_stands_where_it_stood_is_current_whatever_else_changed(shelf: Shelf) -> None:
    passage = kept(shelf, "a.txt", f"{OLD}\n\n{NOTES}")
    shelf.write("a.txt", f"{OLD}\n\n{NOTES}The end.\n")
    assert seen(shelf, passage).state == "current"
    shelf.sync()
    assert seen(shelf, passage).state == "current"


def test_of_equal_passages_the_one_nearest_to_the_old_place_counts(shelf: Shelf) -> None:
    passage = Passage(path="a.txt", text=OLD, lines=(60, 60))
    rows = NOTES.split("\n")
    rows[9] = rows[63] = rows[100] = OLD
    shelf.write("a.txt", "\n".join(rows))
    shelf.sync()
    assert (seen(shelf, passage).state, seen(shelf, passage).lines) == ("moved", (64, 64))


def test_spaces_and_line_breaks_do_not_count(shelf: Shelf) -> None:
    passage = kept(shelf, "a.txt", OLD)
    shelf.write("a.txt", OLD.replace(" cooling ", "\n   cooling\t"))
    assert (seen(shelf, passage).state, seen(shelf, passage).lines) == ("current", (1, 2))


@pytest.mark.parametrize("text", [OLD.replace("minute.", "minute.5"), "5" + OLD])
def test_a_word_that_goes_on_is_another_word(shelf: Shelf, text: str) -> None:
    passage = kept(shelf, "a.txt", OLD.removesuffix("."))
    shelf.write("a.txt", text.replace("minute.", "minutes"))
    assert seen(shelf, passage).state == "changed"


def test_a_page_may_have_moved_in_a_pdf(shelf: Shelf) -> None:
    passage = kept(shelf, "a.pdf", pdf("About the sun.", OLD))
    shelf.write("a.pdf", pdf("About the sea.", "About the moon.", "About the sun.", OLD))
    shelf.sync()
    source = seen(shelf, passage)
    assert (source.state, source.page, source.lines, source.first_line) == ("moved", 4, None, None)


def test_the_difference_is_cut_out_of_its_surroundings(shelf: Shelf) -> None:
    passage = kept(shelf, "a.txt", f"{NOTES}\n{OLD}\n\n{NOTES}")
    passage = replace(passage, text=OLD, lines=(122, 122))
    shelf.write("a.txt", f"New.\n{NOTES}\nNot much: {NEW}\n\n{NOTES}")
    source = seen(shelf, passage)
    assert (source.state, source.lines) == ("changed", (123, 123))
    assert "".join(change.text for change in source.changes if change.kind != "removed").strip() == NEW


def test_of_what_was_written_anew_there_is_no_difference_to_show(shelf: Shelf) -> None:
    passage = kept(shelf, "a.txt", OLD)
    for text in ["Nobody knows why the tank leaks; perhaps somebody will look into that soon.", " \n"]:
        shelf.write("a.txt", text)
        source = seen(shelf, passage)
        assert (source.changes, source.lines) == ([], None)
        assert source.state == "changed" if text.strip() else "unreadable"


def test_a_brief_look_reads_no_file(shelf: Shelf) -> None:
    passage = kept(shelf, "a.txt", f"{OLD}\n\n{NOTES}")
    brief = seen(shelf, passage, brief=True)
    assert (brief.state, brief.before, brief.after) == ("current", "", "")
    shelf.write("a.txt", NEW)
    assert seen(shelf, passage, brief=True).state == "unknown"
    shelf.sync()
    brief = seen(shelf, passage, brief=True)
    assert (brief.state, brief.changes) == ("changed", [])
    (shelf.folder / "a.txt").unlink()
    assert seen(shelf, passage, brief=True).state == "gone"


def test_a_passage_without_a_hash_is_compared_by_its_words(shelf: Shelf) -> None:
    passage = replace(kept(shelf, "a.txt", OLD), file_hash="")
    assert seen(shelf, passage).state == "current"
    assert seen(shelf, passage, brief=True).state == "current"


def test_a_file_that_can_no_longer_be_read_says_why(shelf: Shelf) -> None:
    passage = kept(shelf, "a.pdf", pdf(OLD))
    file = shelf.write("a.pdf", b"%PDF-1.4 cut")
    for _ in range(2):
        source = seen(shelf, passage)
        assert (source.state, source.reason) == ("unreadable", "is a damaged PDF")
        assert source.file == os.fsencode(file)
        shelf.sync()


@pytest.mark.parametrize("brief", [True, False])
def test_a_file_that_was_renamed_is_found_by_its_content(shelf: Shelf, brief: bool) -> None:
    passage = kept(shelf, "a.txt", f"{NOTES}\n{OLD}\n")
    assert shelf.library.same_as(passage.file_hash, "a.txt") is None
    (shelf.folder / "deep").mkdir()
    (shelf.folder / "a.txt").rename(shelf.folder / "deep" / "b.txt")
    assert (seen(shelf, passage, brief=brief).state, seen(shelf, passage).renamed) == ("gone", "")
    shelf.sync()
    source = seen(shelf, passage, brief=brief)
    assert (source.state, source.renamed) == ("current", "deep/b.txt")
    assert source.file == os.fsencode(shelf.folder / "deep" / "b.txt")
    assert brief or source.before


def test_what_changes_in_a_file_after_it_was_renamed_is_compared(shelf: Shelf) -> None:
    passage = kept(shelf, "a.txt", OLD)
    (shelf.folder / "a.txt").rename(shelf.folder / "b.txt")
    shelf.sync()
    shelf.write("b.txt", NEW)
    source = seen(shelf, passage)
    assert (source.state, source.renamed) == ("changed", "b.txt")
    assert told(source) == "moved to b.txt since; changed since, now line 1"
    assert differing(source) == [("removed", "12"), ("added", "18")]
    (shelf.folder / "b.txt").unlink()
    assert seen(shelf, passage).state == "gone"


@pytest.mark.parametrize("digest", ["", "no hash", "' OR 1=1 --"])
def test_a_hash_that_is_none_finds_no_file(shelf: Shelf, digest: str) -> None:
    passage = replace(kept(shelf, "a.txt", OLD), path="b.txt", file_hash=digest)
    assert seen(shelf, passage).state == "gone"


def test_a_file_that_is_left_out_now_was_not_deleted(shelf: Shelf) -> None:
    passage = kept(shelf, "a.txt", OLD)
    shelf.write(".gitignore", "a.txt\n")
    shelf.sync()
    source = seen(shelf, passage)
    assert (source.state, source.file) == ("unreadable", b"")
    assert "docmind index" in source.reason
    shelf.write("a.txt", "")
    assert seen(shelf, passage).reason == "the file is empty"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_file_that_is_closed_to_the_user_says_so(shelf: Shelf) -> None:
    passage = kept(shelf, "deep/a.txt", OLD)
    for path, mode in [("deep/a.txt", 0o600), ("deep", 0o700)]:
        (shelf.folder / path).chmod(0)
        try:
            for _ in range(2):
                assert seen(shelf, passage).state == "unreadable"
                assert "Permission denied" in seen(shelf, passage).reason
                shelf.sync()
        finally:
            (shelf.folder / path).chmod(mode)
        shelf.sync()


def test_without_an_index_nothing_is_claimed(shelf: Shelf) -> None:
    source = seen(shelf, Passage(path="a.txt", text=OLD))
    assert source.state == "unreadable"
    assert "not indexed" in source.reason


def test_a_chat_of_other_folders_is_not_compared_with_a_file_of_the_same_name(shelf: Shelf, tmp_path: Path) -> None:
    passage = kept(shelf, "a.txt", OLD)
    other = tmp_path / "other"
    other.mkdir()
    assert seen(shelf, passage, roots=[other]).state == "closed"
    assert seen(shelf, passage, roots=[shelf.folder]).state == "current"
    assert seen(shelf, passage, roots=[tmp_path / "deleted since"]).state == "closed"


def test_a_passage_is_found_below_another_choice_of_folders(shelf: Shelf, tmp_path: Path) -> None:
    passage = kept(shelf, "deep/a.txt", OLD)
    inner = replace(passage, path="a.txt")
    assert seen(shelf, inner, roots=[shelf.folder / "deep"]).state == "current"
    several = replace(passage, path="documents/deep/a.txt")
    assert seen(shelf, several, roots=[shelf.folder, tmp_path]).state == "current"
    assert seen(shelf, inner, roots=[shelf.folder / "deep" / "a.txt"]).state == "current"
