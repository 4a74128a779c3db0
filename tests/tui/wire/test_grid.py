"""Only what changed is sent, and the terminal shows the same as after Textual's own bytes."""

from typing import Any

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st

from docmind.tui.wire.grid import Grid

COLUMNS, ROWS = 24, 6

ATTRIBUTES = st.lists(st.sampled_from(["1", "3", "4", "5", "7", "9"]), max_size=3, unique=True)
NUMBER = st.integers(0, 255).map(str)
COLOURS = st.one_of(
    st.just([]),
    st.sampled_from([["31"], ["97"], ["44"], ["102"]]),
    st.builds(lambda layer, n: [layer, "5", n], st.sampled_from(["38", "48"]), NUMBER),
    st.builds(lambda layer, *rgb: [layer, "2", *rgb], st.sampled_from(["38", "48"]), NUMBER, NUMBER, NUMBER),
)
STYLES = st.builds(lambda attributes, *colours: ";".join(sum(colours, attributes)), ATTRIBUTES, COLOURS, COLOURS)
GLYPHS = st.sampled_from(["a", " " * 9, "b", " ", " ", "─", "…", "世", "界", "e\u0301", "o\u0302\u0323", "\U0001f600"])
PIECES = st.lists(st.tuples(STYLES, st.lists(GLYPHS, max_size=12).map("".join)), max_size=4)
LINES = st.tuples(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1), PIECES)
FRAMES = st.tuples(st.lists(LINES, max_size=5), st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1))


def terminal() -> tuple[Any, Any]:
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[?7l")
    return screen, stream


def written(frame: tuple[list[tuple[int, int, list[tuple[str, str]]]], int, int]) -> str:
    """The frame as Textual writes it, cut at the right edge as Textual does it."""
    lines, cursor_row, cursor_column = frame
    out = ""
    for row, column, pieces in lines:
        out += f"\x1b[{row + 1};{column + 1}H"
        for style, text in pieces:
            fitting = next(text[:end] for end in range(len(text), -1, -1) if column + cells(text[:end]) <= COLUMNS)
            column += cells(fitting)
            out += f"\x1b[{style}m{fitting}\x1b[0m" if style else fitting
    return f"{out}\x1b[{cursor_row + 1};{cursor_column + 1}H"


def cells(text: str) -> int:
    return sum({"\u0301": 0, "\u0302": 0, "\u0323": 0, "世": 2, "界": 2, "\U0001f600": 2}.get(c, 1) for c in text)


def shown(screen: Any, halves: set[tuple[int, int]]) -> list[list[tuple[object, ...]]]:
    """All cells but `halves`, with what can be seen of their style."""
    places = [[(row, column) for column in range(COLUMNS)] for row in range(ROWS)]
    return [[() if at in halves else seen(screen.buffer[at[0]][at[1]]) for at in row] for row in places]


def seen(cell: Any) -> tuple[object, ...]:
    blank = cell.data == " " and not (cell.underscore or cell.strikethrough or cell.reverse)
    return (cell.data, cell.bg) if blank else tuple(cell)


def halves(screen: Any) -> set[tuple[int, int]]:
    """Where a half of a wide character was overwritten: terminals show a space there, the emulator the old half."""
    found = set()
    for row in range(ROWS):
        texts = [screen.buffer[row][column].data for column in range(COLUMNS)] + ["-"]
        wide = [cells(text) == 2 for text in texts]
        found |= {(row, n) for n in range(COLUMNS) if wide[n] and texts[n + 1]}
        found |= {(row, n) for n in range(COLUMNS) if not texts[n] and not (n and wide[n - 1])}
    return found


@settings(deadline=None, derandomize=True, max_examples=400)
@given(st.lists(FRAMES, min_size=1, max_size=6), st.booleans())
def test_a_terminal_shows_the_same_as_after_the_bytes_of_textual(frames: list[Any], erases: bool) -> None:
    (plain, to_plain), (wired, to_wired) = terminal(), terminal()
    grid = Grid(erases=erases)
    for frame in map(written, frames):
        to_plain.feed(frame)
        to_wired.feed(grid.draw(frame))
        lost = halves(plain)
        assert shown(wired, lost) == shown(plain, lost)
        assert (wired.cursor.y, wired.cursor.x) == (plain.cursor.y, plain.cursor.x)


def test_a_frame_that_is_shown_already_costs_nothing() -> None:
    grid, frame = Grid(), "\x1b[2;3H\x1b[1;38;5;7mtwo \x1b[0m世 e\u0301\x1b[1;1H"
    assert "two" in grid.draw(frame)
    assert grid.draw(frame) == ""


def test_one_new_letter_costs_its_place_and_itself() -> None:
    grid = Grid()
    grid.draw("\x1b[1;1H\x1b[48;2;1;2;3mThe pump is red.\x1b[0m\x1b[5;1H")
    assert grid.draw("\x1b[1;1H\x1b[48;2;1;2;3mThe pump is rod.\x1b[0m\x1b[5;1H") == "\x1b[1;14Ho\x1b[5H"


def test_spaces_are_erased_only_where_that_keeps_their_colour() -> None:
    line = "\x1b[1;1H\x1b[44m" + " " * 60 + "\x1b[0m\x1b[1;1H"
    assert Grid().draw(line) == "\x1b[1H\x1b[0;44m\x1b[60X"
    assert " " * 60 in Grid(erases=False).draw(line)


def test_a_space_between_words_needs_no_style_of_its_own() -> None:
    assert Grid().draw("\x1b[1;1H\x1b[1;31mtwo words\x1b[0m\x1b[1;1H") == "\x1b[1H\x1b[0;1;31mtwo words\x1b[1H"


def test_signs_for_lines_and_graphs_follow_each_other_without_moves() -> None:
    assert Grid().draw("\x1b[1;1H▁▂─…世界é\x1b[1;1H") == "\x1b[1H\x1b[m▁▂─…世界é\x1b[1H"


def test_after_a_picture_the_place_is_told_again() -> None:
    assert Grid().draw("\x1b[1;1Ha\U0001f600b\x1b[2;1H") == "\x1b[1H\x1b[ma\U0001f600\x1b[1;4Hb\x1b[2H"


def test_a_frame_of_a_larger_screen_is_not_folded_into_the_last_line_and_column() -> None:
    screen, stream = terminal()
    grid = Grid()
    rows, columns = ROWS + 3, COLUMNS + 9
    larger = "".join(f"\x1b[{row + 1};1H{chr(ord('a') + row) * columns}" for row in range(rows))
    stream.feed(grid.draw(f"{larger}\x1b[{rows};{columns}H", COLUMNS, ROWS))
    assert screen.display == [chr(ord("a") + row) * COLUMNS for row in range(ROWS)]
    assert (screen.cursor.y, screen.cursor.x) == (ROWS - 1, COLUMNS - 1)
    last = "-" * COLUMNS
    stream.feed(grid.draw(f"\x1b[{ROWS};1H{last}\x1b[1;1H", COLUMNS, ROWS))
    assert screen.display[-1] == last
