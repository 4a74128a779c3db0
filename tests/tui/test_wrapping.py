"""Streamed text is broken between words, however it was cut."""

import random
import textwrap

from docmind.tui.wrapping import Wrapper

TEXT = "The pump moved upstream of the exchanger [1], and the flow limit rose from 12 to 18 litres per minute [2]."


def streamed(text: str, width: int, seed: int) -> str:
    cuts, wrapper, shown = random.Random(seed), Wrapper(width), ""
    while text:
        size = cuts.randint(1, 9)
        shown += wrapper.feed(text[:size])
        text = text[size:]
    return shown + wrapper.close()


def test_lines_break_where_a_whole_text_would_break() -> None:
    for seed in range(100):
        assert streamed(TEXT, 30, seed) == "\n".join(textwrap.wrap(TEXT, 30))


def test_the_breaks_and_the_indents_of_the_text_stay() -> None:
    text = "A list:\n\n  - one\n  - two\n"
    for seed in range(100):
        assert streamed(text, 30, seed) == text


def test_a_word_that_is_longer_than_the_line_is_not_cut() -> None:
    assert streamed("a " + "x" * 50 + " b", 20, 0) == "a\n" + "x" * 50 + "\nb"


def test_wide_characters_count_twice() -> None:
    assert streamed("水水 水水 水水", 10, 0) == "水水 水水\n水水"


def test_a_word_that_is_not_written_yet_can_be_taken_back() -> None:
    wrapper = Wrapper(80)
    assert wrapper.feed("Two valves were rem") == "Two valves were"
    wrapper.drop(len(" rem"))
    assert wrapper.feed(" gone ") + wrapper.close() == " gone "
    wrapper.feed("a")
    wrapper.drop(100)
    assert wrapper.close() == ""
