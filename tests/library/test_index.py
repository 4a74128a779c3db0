import random
import threading
import unicodedata

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.library.index import Document
from docmind.agents.library.terms import stems
from fakes.documents import pdf
from fakes.shelf import Shelf

MANUAL = "# Manual\n\n" + "".join(
    f"## Part {number}\n\nThis part is about the {word}. " + "It has many more words to fill the page. " * 25 + "\n\n"
    for number, word in enumerate(["pump", "valve", "exchanger", "filter", "sensor"], 1)
)


@pytest.fixture
def manual(shelf: Shelf) -> Shelf:
    shelf.write("manual.md", MANUAL)
    shelf.write("notes/plan.pdf", pdf("first page about pumps", "second page about filters"))
    shelf.sync()
    return shelf


def test_a_result_says_where_it_stands(manual: Shelf) -> None:
    passage = manual.only("exchanger")
    assert (passage.path, passage.page, passage.heading) == ("manual.md", None, "Manual > Part 3")
    assert passage.lines
    first, last = passage.lines
    assert passage.text.strip() == "\n".join(MANUAL.split("\n")[first - 1 : last]).strip()
    assert passage.score > 0


def test_a_page_is_named_instead_of_lines(manual: Shelf) -> None:
    passage = next(found for found in manual.library.search("second page filters") if found.page)
    assert (passage.path, passage.page, passage.lines) == ("notes/plan.pdf", 2, None)


def test_the_best_results_come_first(manual: Shelf) -> None:
    scores = [passage.score for passage in manual.library.search("pump page words", 5)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 5
    assert len(manual.library.search("pump page words", 2)) == 2


def test_reading_gives_the_start_a_page_or_the_lines_asked_for(manual: Shelf) -> None:
    library = manual.library
    start = library.read("manual.md")
    assert start[0].text.startswith("# Manual")
    assert [passage.page for passage in library.read("notes/plan.pdf", page=2)] == [2]
    assert library.read("notes/plan.pdf", page=3) == []
    assert start[1].lines
    line = start[1].lines[0]
    assert library.read("manual.md", lines=(line, line)) == [start[1]]
    assert library.read("manual.md", lines=(1, 10_000)) == start


@pytest.mark.parametrize("huge", [2**63, -(2**63) - 1, 10**40])
def test_a_page_or_line_beyond_all_bounds_is_not_there(manual: Shelf, huge: int) -> None:
    assert manual.library.read("notes/plan.pdf", page=huge) == []
    assert manual.library.read("manual.md", lines=(huge, huge)) == []
    assert manual.library.read("manual.md", lines=(-abs(huge), abs(huge))) == manual.library.read("manual.md")
    assert len(manual.library.search("pump", abs(huge))) == 2


def test_the_neighbours_of_a_passage_stand_around_it(manual: Shelf) -> None:
    start = manual.library.read("manual.md")
    assert manual.library.around(start[2]) == start[1:4]
    assert manual.library.around(start[0]) == start[:2]


def test_a_passage_that_was_cut_short_still_has_neighbours(manual: Shelf) -> None:
    passage = manual.only("exchanger")
    cut = type(passage)(path=passage.path, text=passage.text[:40], lines=passage.lines, n=3)
    assert len(manual.library.around(cut)) == 3


def test_a_passage_of_an_older_version_has_no_neighbours(manual: Shelf) -> None:
    passage = manual.only("exchanger")
    manual.write("manual.md", "All new.")
    manual.sync()
    with pytest.raises(DocmindError) as caught:
        manual.library.around(passage)
    assert caught.value.code == Code.OUTSIDE


def test_documents_are_listed_by_part_of_their_path(manual: Shelf) -> None:
    size = len(pdf("first page about pumps", "second page about filters"))
    plan = Document(path="notes/plan.pdf", kind="pdf", size=size, pages=2, chunks=2)
    assert [document.path for document in manual.library.documents()] == ["manual.md", "notes/plan.pdf"]
    assert manual.library.documents("PLAN") == [plan]
    assert manual.library.documents("%") == []


@pytest.mark.parametrize("path", ["../manual.md", "/etc/passwd", "manual.md/", "", "nowhere\x1b[31m", "./manual.md"])
def test_what_the_library_does_not_hold_cannot_be_read(manual: Shelf, path: str) -> None:
    with pytest.raises(DocmindError) as caught:
        manual.library.read(path)
    assert caught.value.code == Code.OUTSIDE
    assert "\x1b" not in caught.value.message


def test_without_an_index_there_are_no_documents(shelf: Shelf) -> None:
    with pytest.raises(DocmindError) as caught:
        shelf.library.search("anything")
    assert caught.value.code == Code.NO_DOCUMENTS


def test_counts_and_frequencies_are_those_of_the_chunks(manual: Shelf) -> None:
    files, chunks = manual.library.counts()
    assert (files, chunks) == (2, sum(document.chunks for document in manual.library.documents()))
    pump, about, unknown = stems(["pumps about zebra"])[0]
    frequency = manual.library.document_frequency([pump, about, unknown])
    assert frequency == {pump: 2, about: chunks, unknown: 0}


def test_several_threads_search_while_the_index_is_written(manual: Shelf) -> None:
    found: list[int] = []

    def search() -> None:
        found.extend(len(manual.library.search("exchanger pump")) for _ in range(50))

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(20):
        manual.write(f"new/{number}.txt", f"the apple {number}")
    manual.sync()
    for thread in threads:
        thread.join()
    assert len(found) == 150
    assert min(found) >= 2


def test_any_text_is_a_query(manual: Shelf) -> None:
    rng = random.Random(4)
    syntax = ['"', "'", "(", ")", "*", "^", "+", "-", ":", "NEAR(", " AND ", " OR ", " NOT ", "{", "}", "\\", ";", "--"]
    assigned = [chr(code) for code in range(0x3000) if unicodedata.category(chr(code)) != "Cn"]
    for _ in range(500):
        pieces = rng.choices(
            [*syntax, "pump", "the", "text:", " ", "\0", "\ud800", "🙂", *rng.choices(assigned, k=20)], k=12
        )
        assert isinstance(manual.library.search("".join(pieces)), list)
    assert manual.library.search("") == manual.library.search('"" ...') == []
    assert isinstance(manual.library.search("pump " * 5000), list)
