import os
from contextlib import aclosing
from pathlib import Path

import pytest

from docmind.agents.errors import Code
from docmind.agents.looking import Looker
from docmind.agents.protocol import Ask, Failed, Library, Look, Source, ToolReturned
from docmind.agents.records import Passage
from engine_clients import opened, result, wait_for
from fakes.documents import pdf
from fakes.shelf import Shelf

MANUAL = "# Manual\n\n" + "".join(
    f"## Part {number}\n\nThis part is about the {word}. " + "It has many more words to fill the page. " * 25 + "\n\n"
    for number, word in enumerate(["pump", "valve", "exchanger", "filter", "sensor"], 1)
)


@pytest.fixture
def manual(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.write("manual.md", MANUAL)
    shelf.write("plan.pdf", pdf("first page about pumps", "second page about turbines"))
    shelf.sync()
    return shelf


def seen(shelf: Shelf, passage: Passage) -> Source:
    return Looker(shelf.library, shelf.settings, [shelf.folder]).look(Look(look="1", passage=passage))


def test_a_passage_is_shown_with_what_stands_around_it(manual: Shelf) -> None:
    passage = manual.only("exchanger")
    source = seen(manual, passage)
    assert (source.look, source.passage, source.state) == ("1", passage, "current")
    assert source.file == os.fsencode(manual.folder / "manual.md")
    assert "about the valve" in source.before
    assert "about the filter" in source.after
    assert "about the exchanger" not in source.before + source.after
    assert source.first_line is not None
    assert MANUAL.split("\n")[source.first_line - 1] == source.before.split("\n")[0]


def test_every_line_around_a_passage_has_its_number(manual: Shelf) -> None:
    """Also where blank lines, which belong to no passage, lie between, or where a long line was cut."""
    lines = ["short words", "", "", "", "and more", "", "a long line " * 300, "", "the end"]
    manual.write("gaps.txt", "\n".join(lines * 20))
    manual.sync()
    passages = manual.library.read("gaps.txt")
    assert len(passages) > 10
    for passage in passages:
        source = seen(manual, passage)
        for first, text in [(source.first_line, source.before), (source.after_line, source.after)]:
            for number, line in enumerate(text.split("\n") if text else [], first or 0):
                assert line.strip() in (lines * 20)[number - 1], number


def test_the_first_passage_begins_at_its_own_line(manual: Shelf) -> None:
    source = seen(manual, manual.library.read("manual.md")[0])
    assert (source.before, source.first_line) == ("", 1)


def test_a_passage_with_a_cut_end_is_found(manual: Shelf) -> None:
    passage = manual.only("exchanger")
    cut = Passage(path=passage.path, text=passage.text[:40], lines=passage.lines)
    assert "about the filter" in seen(manual, cut).after


def test_a_page_has_no_line_numbers(manual: Shelf) -> None:
    source = seen(manual, manual.only("turbines"))
    assert source.first_line is None
    assert "first page" in source.before


def test_a_file_with_other_content_has_changed(manual: Shelf) -> None:
    passage = manual.only("exchanger")
    manual.write("manual.md", MANUAL.replace("exchanger", "condenser"))
    source = seen(manual, passage)
    assert source.state == "changed"
    assert "about the valve" in source.before  # as it was read


def test_a_file_that_was_only_touched_is_current(manual: Shelf) -> None:
    manual.write("manual.md", MANUAL)
    os.utime(manual.folder / "manual.md", (1, 1))
    assert seen(manual, manual.only("exchanger")).state == "current"


def test_a_passage_that_the_index_has_no_more_is_marked_as_changed(manual: Shelf) -> None:
    passage = manual.only("exchanger")
    manual.write("manual.md", MANUAL.replace("exchanger", "condenser"))
    manual.sync()
    source = seen(manual, passage)
    assert (source.state, source.passage, source.before, source.after) == ("changed", passage, "", "")
    assert source.file


def test_a_deleted_file_is_gone_but_its_text_stays(manual: Shelf) -> None:
    passage = manual.only("exchanger")
    (manual.folder / "manual.md").unlink()
    source = seen(manual, passage)
    assert (source.state, source.file) == ("gone", b"")
    assert "about the valve" in source.before
    manual.sync()
    assert (seen(manual, passage).state, seen(manual, passage).before) == ("gone", "")


def test_a_link_in_the_place_of_the_file_is_not_followed(manual: Shelf) -> None:
    passage = manual.only("exchanger")
    file = manual.folder / "manual.md"
    file.rename(manual.folder.parent / "elsewhere.md")
    file.symlink_to(manual.folder.parent / "elsewhere.md")
    assert (seen(manual, passage).state, seen(manual, passage).file) == ("gone", b"")


def test_a_link_in_the_place_of_a_folder_is_not_followed(manual: Shelf) -> None:
    manual.write("notes/turbine.md", "The turbine is green.")
    manual.sync()
    passage = manual.only("green")
    notes = manual.folder / "notes"
    notes.rename(manual.folder.parent / "elsewhere")
    notes.symlink_to(manual.folder.parent / "elsewhere")
    assert (seen(manual, passage).state, seen(manual, passage).file) == ("gone", b"")


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "", "manual.md/../manual.md"])
def test_no_path_outside_of_the_library_is_ever_named(manual: Shelf, path: str) -> None:
    manual.folder.parent.joinpath("secret.txt").write_text("secret")
    source = seen(manual, Passage(path=path, text="secret"))
    assert (source.state, source.file, source.before, source.after) == ("gone", b"", "", "")


async def test_the_engine_shows_what_stands_behind_an_answer(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    async with aclosing(client):
        client.send(Ask(run="1", question="Is the pump blue?"))
        events, _ = await result(client, "1")
        passage = next(event.passages[0] for event in events if isinstance(event, ToolReturned))
        client.send(Look(look="a", passage=passage))
        while not isinstance(event := await client.receive(), Source):
            assert not isinstance(event, Failed)
        assert (event.look, event.file, event.state) == ("a", os.fsencode(folder / "pump.md"), "current")


async def test_to_look_into_a_folder_without_documents_is_answered(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    client = await opened(data_dir, tmp_path / "empty")
    async with aclosing(client):
        await wait_for(client, Library)
        client.send(Look(look="a", passage=Passage(path="pump.md", text="")))
        found: list[object] = []
        while not isinstance(event := await client.receive(), Source):
            found.append(event)
            assert not isinstance(event, Failed) or event.code == Code.NO_DOCUMENTS
        assert event.state == "gone"
