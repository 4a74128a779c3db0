from contextlib import closing

import pytest

from docmind.agents.library.search import search
from docmind.agents.library.store import connect
from fakes.shelf import Shelf


@pytest.fixture
def fruit(shelf: Shelf) -> Shelf:
    for name, text in {
        "apple.txt": "Apples are picked in autumn.",
        "tree.txt": "The old tree bears one apple a year.",
        "who.txt": "Who are they, and what is it that they have?",
        "accent.txt": "Die Größe der Früchte zählt.",
        "loop.txt": "The cooling loop was revised.",
        "apart.txt": "A loop of wire, and cooling by air.",
    }.items():
        shelf.write(name, text)
    shelf.sync()
    return shelf


def test_words_match_in_every_form(fruit: Shelf) -> None:
    assert set(fruit.found("apple")) == set(fruit.found("APPLES")) == {"apple.txt", "tree.txt"}


def test_the_words_of_a_question_do_not_count(fruit: Shelf) -> None:
    assert fruit.found("What are they picked in?") == ["apple.txt"]


def test_a_query_of_stop_words_alone_is_searched_as_it_is(fruit: Shelf) -> None:
    assert fruit.found("who are they")[0] == "who.txt"


def test_accents_may_be_left_out(fruit: Shelf) -> None:
    assert fruit.found("grosse fruchte") == fruit.found("Früchte") == ["accent.txt"]


def test_a_phrase_in_quotation_marks_must_stand_there(fruit: Shelf) -> None:
    assert set(fruit.found("cooling loop")) == {"loop.txt", "apart.txt"}
    assert fruit.found('"cooling loop"') == fruit.found("“cooling loop” air") == ["loop.txt"]


def test_the_words_of_a_phrase_that_nothing_holds_are_searched(fruit: Shelf) -> None:
    assert set(fruit.found('"loop cooling"')) == {"loop.txt", "apart.txt"}


def test_words_beside_a_phrase_do_not_restrict(fruit: Shelf) -> None:
    assert fruit.found('"cooling loop" unknown') == fruit.found('"was revised" in') == ["loop.txt"]


def test_a_quotation_mark_alone_is_no_phrase(fruit: Shelf) -> None:
    assert set(fruit.found('cooling "loop')) == {"loop.txt", "apart.txt"}


def test_a_heading_helps_to_find_its_text(shelf: Shelf) -> None:
    shelf.write("manual.md", "# Exchanger\n\n" + "It is made of many parts. " * 90)
    shelf.sync()
    assert len(shelf.found("exchanger")) == 2


def test_in_a_large_library_frequent_words_give_way_to_rare_ones(shelf: Shelf) -> None:
    for number in range(40):
        shelf.write(
            f"{number}.txt", f"The pump number {number}" + " with a valve" * (number % 2) + " gasket" * (number == 7)
        )
    shelf.sync()
    with closing(connect(shelf.file, "ro")) as db:
        every = search(db, "pump valve gasket", 100)
        assert len(every) == 40
        assert len(search(db, "pump valve gasket", 100, most_postings=30)) == 20
        assert len(search(db, "pump", 100, most_postings=30)) == 40
        assert search(db, "unknown", 100, most_postings=30) == []


def test_one_long_file_does_not_hide_all_others(shelf: Shelf) -> None:
    shelf.write("long.md", "\n\n".join(f"# Part {n}\n\n" + f"The pump turns, pump {n}. " * 40 for n in range(9)))
    shelf.write("short.md", "Among many other things there is a pump in this house, said the man at the door.\n")
    shelf.sync()
    assert set(shelf.found("pump")[:8]) == {"long.md", "short.md"}


def test_a_file_is_found_by_its_name_too(shelf: Shelf) -> None:
    shelf.write("plans/masterformat_numbering-revC.md", "Sections are counted.")
    shelf.write("other.md", "Something else.")
    shelf.sync()
    assert shelf.found("masterformat numbering") == ["plans/masterformat_numbering-revC.md"]


def test_a_word_in_the_text_counts_more_than_one_in_the_name(shelf: Shelf) -> None:
    shelf.write("pump.md", "This file holds only the history of the house.")
    shelf.write("other.md", "The pump stands in the house.")
    shelf.sync()
    assert shelf.found("pump") == ["other.md", "pump.md"]
