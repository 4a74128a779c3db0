"""A citation is verified when its passage supports the words it is attached to."""

import pytest

from docmind.agents.citations import check
from docmind.agents.excerpts import rarity_among
from docmind.agents.library.terms import stems
from docmind.agents.records import Passage

PUMP = Passage(
    n=1,
    path="manual.pdf",
    page=12,
    heading="Cooling > Pump",
    text="In revision C the pump moved up-\nstream of the exchanger. “It hums,” said Marta Kovač of Nordwind.\n"
    "The flow limit rose from 12 to 18 l/min; the tank holds 1,000 litres. NASA tested the H100 in 1992.",
)
VALVES = Passage(
    n=2,
    path="changes.md",
    lines=(40, 44),
    text="Two valves were removed because the new\npump regulates itself.\n\nThe **relief valve** stays.\n"
    "It opens at 3.5 bar.",
)
GERMAN = Passage(
    n=3, path="kühlung.txt", lines=(7, 7), text="Die Ventile wurden von der Firma Nordwind in Köln geprüft."
)
CHINESE = Passage(n=4, path="zh.txt", lines=(1, 1), text="泵被移到了换热器的上游。流量上限为18升。")
SHOWN = {passage.n: passage for passage in (PUMP, VALVES, GERMAN, CHINESE)}
RARITY = rarity_among([set(terms) for terms in stems([passage.text for passage in SHOWN.values()])])


def verified(answer: str) -> dict[int, bool]:
    return {citation.n: citation.verified for citation in check(answer, SHOWN, RARITY)[1]}


@pytest.mark.parametrize(
    "claim",
    [
        "The pump was moved upstream of the exchanger [1].",
        "The pump was moved upstream of the exchanger. [1]",
        "The pump was moved upstream of the exchanger.[1] That is all.",
        "The pump was moved upstream of the exchanger 【1】.",
        "The pump was moved upstream of the exchanger【1†source】.",
        "The flow limit rose from 12 to 18 l/min [1].",
        "The flow limit rose to 18 l/min, from 12 l/min before [1].",
        "The tank holds 1000 litres [1].",
        "The tank holds 1 000 litres [1].",
        "It was Marta Kovac of Nordwind who said that it hums [1].",
        "NASA tested the H100 in 1992 [1].",
        "Revision C says on page 12 that the pump moved upstream of the exchanger [1].",
        "According to manual.pdf, the pump moved upstream of the exchanger [1].",
        "Clearly, the pump moved upstream of the exchanger [1].",
        'The manual says: "the pump moved upstream of the exchanger" [1].',
        "The manual says that “the pump moved upstream ... of the exchanger” [1].",
        "The manual says «THE PUMP MOVED UPSTREAM», whatever else one may think of it [1].",
        "‘the pump moved upstream of the exchanger’ [1]",
        "“It hums,” said Marta of Nordwind. [1]",
        "It is 18 [1].",
        "“In revision C the pump moved upstream of the exchanger. ‘It hums,’ said Marta Kovač of Nordwind.” [1]",
        "“The pump moved upstream of the exchanger [1].”",
        "- The pump moved upstream. It hums. [1]",
        "7. The pump moved upstream of the exchanger [1].",
        "Two things:\n\n1) It hums, said Marta [1].\n2) The pump moved upstream of the exchanger [1].",
        "| pump | upstream of the exchanger [1] |",
        "The pump moved upstream of the exchanger:\n\n```\nvalves[2] = 99\n```\n\nIt hums, said Marta Kovač [1].",
    ],
)
def test_a_supported_claim_is_verified(claim: str) -> None:
    assert verified(claim) == {1: True}


@pytest.mark.parametrize(
    "claim",
    [
        "The compressor was painted blue by the new supplier [1].",
        "The flow limit rose from 12 to 80 l/min [1].",
        "The tank holds 10,000 litres [1].",
        "In revision C the pump moved upstream, said Peter Novak [1].",
        "In revision C the pump moved upstream of the exchanger, as ESA tested [1].",
        "In revision C the pump moved upstream of the exchanger of the H200 [1].",
        'The manual says: "the pump moved downstream of the exchanger" [1].',
        "The manual says that “the pump moved” and that “it whistles” [1].",
        "“the pump mov” [1]",
        "- The pump moved upstream. It was built in 2031. [1]",
        "7. The pump moved upstream 77 times [1].",
        "| pump | upstream of the boiler in Hamburg [1] |",
        "The “pump” was painted blue by the new supplier [1].",
        "Yes [1].",
        "It is so [1].",
    ],
)
def test_an_unsupported_claim_is_not_verified(claim: str) -> None:
    assert verified(claim) == {1: False}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The pump moved upstream [1], and two valves were removed [2].", {1: True, 2: True}),
        ("The pump was painted red by hand [1], and two valves were removed [2].", {1: False, 2: True}),
        ("“The pump moved” [1] and “two valves were removed” [2].", {1: True, 2: True}),
        ("Two valves were removed [2][1].", {2: True, 1: False}),
        ("Two valves were removed [1, 2].", {1: False, 2: True}),
        ("As [1] and [2] show, the pump regulates itself and moved upstream of the exchanger.", {1: True, 2: False}),
        ("[2] Two valves were removed.\n[1] The pump moved upstream of the exchanger.", {2: True, 1: True}),
        ("The pump moved upstream. [1] It can fly to Mars and back [1].", {1: False}),
        ("The relief valve opens at 3,5 bar [2].", {2: True}),
        (
            "The pump moved upstream of the exchanger [1].\n\nSources:\n[1] manual.pdf p. 12\n[2] changes.md",
            {1: True, 2: False},
        ),
        ("Die Firma Nordwind prüfte die Ventilen in Köln [3].", {3: True}),
        ("Die Firma Südwind prüfte die Ventile in Köln [3].", {3: False}),
        ("“泵被移到了换热器的上游” [4]。", {4: True}),
        ("泵被移到了换热器的下游 [4]。", {4: False}),
    ],
)
def test_each_number_is_checked_with_its_own_words(answer: str, expected: dict[int, bool]) -> None:
    assert verified(answer) == expected


@pytest.mark.parametrize(
    "answer",
    [
        "Use `array[1]` here.",
        "```python\nx = array[1]\n```",
        "~~~\n[1]\n~~~",
        "See [1](https://example.org/).",
        "See the note[^1].",
        "[1]: https://example.org/",
        "In [2023] nothing happened.",
        "They say “as shown in [1] and elsewhere”.",
        "See `a[1].b` and [1]: http://example.org/",
        "",
    ],
)
def test_what_only_looks_like_a_citation_is_left_alone(answer: str) -> None:
    assert check(answer, SHOWN, RARITY) == (answer, [])


@pytest.mark.parametrize(
    ("answer", "marked"),
    [
        ("It hums [7].", "It hums [?]."),
        ("It hums [1][7].", "It hums [1][?]."),
        ("It hums [1, 7].", "It hums [1][?]."),
        ("It hums [3-5].", "It hums [3][4][?]."),
        ("It hums 【0】.", "It hums [?]."),
        ("It hums [1, 2].", "It hums [1, 2]."),
        ("Keep `x[7]`, drop [7].", "Keep `x[7]`, drop [?]."),
        ("“It hums, see [7].” [1]", "“It hums, see [7].” [1]"),
        ("“It hums [7].”", "“It hums [?].”"),
    ],
)
def test_numbers_that_were_never_shown_are_marked(answer: str, marked: str) -> None:
    assert check(answer, SHOWN, RARITY)[0] == marked


def test_citations_come_in_the_order_of_the_answer_and_once_each() -> None:
    _, citations = check("Valves went [2]. It hums [1]. Valves went [2].", SHOWN, RARITY)
    assert [citation.n for citation in citations] == [2, 1]


def test_a_citation_names_the_place_and_the_words_that_support_it() -> None:
    _, (pump, valves) = check(
        "The flow limit is 18 l/min now [1]. The relief valve opens at 3.5 bar [2].", SHOWN, RARITY
    )
    assert (pump.path, pump.page, pump.lines) == ("manual.pdf", 12, None)
    assert pump.quote == "The flow limit rose from 12 to 18 l/min; the tank holds 1,000 litres."
    assert (valves.path, valves.page, valves.lines) == ("changes.md", None, (43, 44))
    assert valves.quote == "The **relief valve** stays. It opens at 3.5 bar."


def test_lines_are_not_narrowed_when_the_text_is_not_that_of_the_lines() -> None:
    folded = Passage(n=1, path="x.csv", lines=(5, 6), text="pump moved\nvalve stays\nit hums")
    _, (citation,) = check("The valve stays [1].", {1: folded}, RARITY)
    assert citation.lines == (5, 6)


def test_the_quote_of_a_long_sentence_has_at_most_sixty_words() -> None:
    endless = Passage(n=1, path="x.txt", text="pump " * 200 + "exchanger.")
    _, (citation,) = check("The pump has an exchanger [1].", {1: endless}, RARITY)
    assert len(citation.quote.split()) <= 60


def test_a_passage_without_words_supports_nothing() -> None:
    _, (citation,) = check("The pump moved [1].", {1: Passage(n=1, path="x.txt", text="")}, RARITY)
    assert (citation.verified, citation.quote) == (False, "")


@pytest.mark.parametrize(
    "mark", ['"', "“", "‘ ", "[", "[1", ".", " ", "-", "- ", "\n", "`", "| ", "1,", "“.”", "* * ", "e.g. "]
)
def test_a_hostile_answer_does_not_stop_the_check(mark: str) -> None:
    answer = f"{mark * 10_000} It hums [1]."
    assert check(answer, SHOWN, RARITY)[0] == answer


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("See the table on page 12 for all limits.", "See the table on page 12 for all limits."),
        ("What you need are\n\n- the pump must never run dry\n", "- the pump must never run dry"),
        ("Then edit manual.md and save it.", "edit manual.md and save it"),
    ],
)
def test_a_quotation_holds_even_where_it_names_a_place_or_begins_a_list(text: str, quoted: str) -> None:
    passage = Passage(path="manual.md", text=text, n=1)
    _, (citation,) = check(f"“{quoted}” [1]", {1: passage}, RARITY)
    assert citation.verified


def test_the_lines_span_all_that_is_cited_of_a_passage() -> None:
    text = "Ducks eat grass.\nThey swim.\nThey fly far.\nThey sleep on one leg."
    passage = Passage(path="duck.md", text=text, lines=(10, 13), n=1)
    _, (citation,) = check("“Ducks eat grass.” [1] And “They fly far.” [1]", {1: passage}, RARITY)
    assert citation.lines == (10, 12)
    assert citation.quote == "Ducks eat grass."
