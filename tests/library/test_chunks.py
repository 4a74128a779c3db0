from docmind.agents.library.chunks import Chunk, chunks
from docmind.agents.library.readers import Segment

CAPACITY = 200


def cut(text: str, markdown: bool = False, capacity: int = CAPACITY) -> list[Chunk]:
    return list(chunks([Segment(text, lined=True, markdown=markdown)], capacity))


def test_a_chunk_is_exactly_the_lines_it_names() -> None:
    text = "".join(f"Line {number} says something.\n" + "\n" * (number % 3) for number in range(1, 400))
    lines = text.split("\n")
    for chunk in cut(text):
        assert chunk.lines
        first, last = chunk.lines
        assert chunk.text.split() == " ".join(lines[first - 1 : last]).split()


def test_no_word_is_lost_and_none_comes_twice() -> None:
    text = " ".join(f"word{number}" for number in range(20_000))
    pieces = cut(text)
    assert " ".join(piece.text for piece in pieces).split() == text.split()
    assert max(len(piece.text) for piece in pieces) <= CAPACITY


def test_a_line_without_end_is_cut_too() -> None:
    text = "x" * 50_000
    assert "".join(piece.text for piece in cut(text)) == text


def test_pages_are_never_joined() -> None:
    pieces = list(chunks([Segment("short", page=1), Segment(" \n", page=2), Segment("also short", page=3)], CAPACITY))
    assert [(piece.page, piece.text, piece.lines) for piece in pieces] == [(1, "short", None), (3, "also short", None)]


def test_a_chunk_knows_the_headings_above_it() -> None:
    filler = "Many words follow here. " * 6
    text = f"# Pumps\n\n{filler}\n\n## Care ##\n\n{filler}\n\n### Oil\n\n{filler}\n\n## Parts\n\n{filler}\n"
    headings = [piece.heading for piece in cut(text, markdown=True)]
    assert headings == ["Pumps", "Pumps > Care", "Pumps > Care > Oil", "Pumps > Parts"]


def test_a_heading_is_never_a_chunk_of_its_own() -> None:
    text = "# Pumps\n\n## Care\n\n" + "Many words follow here. " * 20
    pieces = cut(text, markdown=True)
    assert pieces[0].text.startswith("# Pumps\n\n## Care\n\nMany words")
    assert [piece.heading for piece in pieces] == ["Pumps > Care"] * 3


def test_headings_without_text_are_kept() -> None:
    assert [piece.text for piece in cut("# Pumps\n\n## Care\n", markdown=True)] == ["# Pumps\n\n## Care"]


def test_a_comment_in_fenced_code_is_no_heading() -> None:
    text = "# Setup\n\n```sh\n# not a heading\n~~~\n```\n\nDone.\n"
    assert {piece.heading for piece in cut(text, markdown=True, capacity=20)} == {"Setup"}


def test_text_that_is_not_markdown_has_no_headings() -> None:
    assert [piece.heading for piece in cut("# a comment\ncode\n")] == [""]


def test_wrapped_lines_are_not_cut_in_the_middle_of_a_sentence() -> None:
    sentence = (
        "The pump stands upstream of the exchanger in revision C,\nand the flow limit rose from 12 to 18 litres there."
    )
    text = "\n".join([sentence] * 6)
    found = list(chunks([Segment(text, lined=True)], 300))
    assert len(found) > 1
    assert all(chunk.text.endswith(".") for chunk in found)
    assert "\n".join(chunk.text for chunk in found) == text
