from docmind.agents.backends.quotes import choose
from docmind.agents.excerpts import rarity_among
from docmind.agents.library.rarity import idf, rarity
from docmind.agents.library.terms import stems
from fakes.shelf import Shelf

NOTE = "The compressor is inspected every 400 hours, says the gauge manual."


def test_a_folder_of_one_note_answers_what_the_note_says(shelf: Shelf) -> None:
    shelf.write("note.txt", NOTE)
    shelf.sync()
    question = "How often is the compressor inspected?"
    shown = shelf.library.search(question)
    (quote,) = choose(question, shown, lambda terms: rarity(shelf.library, terms))
    assert quote.text == NOTE
    assert [found.text for found in choose(question, shown)] == [NOTE]  # also when there is no index at hand
    other = "Who may enter the boiler room?"
    assert choose(other, shown, lambda terms: rarity(shelf.library, terms)) == []


def test_a_rare_word_counts_more_than_a_frequent_one(shelf: Shelf) -> None:
    for number in range(40):
        shelf.write(f"{number}.txt", "the pump" if number else "the pump hums")
    shelf.sync()
    pump, hums, absent = stems(["pump hums zebra"])[0]
    weights = rarity(shelf.library, [pump, hums, absent])
    assert 0 < 2 * weights[pump] < weights[hums] < weights[absent]
    assert weights == rarity_among([{pump}] * 39 + [{pump, hums}])([pump, hums, absent])


def test_a_word_of_the_only_text_counts_nearly_as_much_as_one_that_is_missing() -> None:
    assert idf(1, 1) > 0.7 * idf(0, 1)
