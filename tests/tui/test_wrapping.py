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


def test_an_interrupted_text_goes_on_below_at_the_beginning_of_a_line() -> None:
    wrapper = Wrapper(30)
    assert wrapper.interrupt() == ""
    shown = wrapper.feed("Two valves were ") + wrapper.interrupt() + "<\n" + wrapper.feed("removed because the pump ")
    assert shown + wrapper.close() == "Two valves were\n<\nremoved because the pump "


def test_an_interruption_at_the_end_of_a_line_makes_no_empty_one() -> None:
    wrapper = Wrapper(20)
    shown = wrapper.feed("One.\nTwo. ") + wrapper.interrupt() + "<\n" + wrapper.feed("\n  - three ")
    assert shown == "One.\nTwo.\n<\n  - three"


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
