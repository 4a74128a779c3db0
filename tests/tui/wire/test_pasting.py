"""Pastes are taken out of the input whole, and nothing else changes."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from docmind.tui.wire.pasting import PastingParser

START, END = "\x1b[200~", "\x1b[201~"
KEYS = st.lists(st.sampled_from(["a", "é", "\r", "\x1b[A", "\x1b[1;5C", "\x1b[I", "\t"]), max_size=4).map("".join)
PASTED = st.text(st.sampled_from("ab \n\t\x00é世"), max_size=40)
PART = st.one_of(KEYS, PASTED.map(lambda text: f"{START}{text}{END}"))


def heard(parser: XTermParser, pieces: Sequence[str]) -> list[tuple[str, str]]:
    """What the parser makes of the pieces; an empty paste is nothing."""
    found = [message for piece in pieces if piece for message in parser.feed(piece)]
    told = [(type(message).__name__, getattr(message, "key", "") or getattr(message, "text", "")) for message in found]
    return [one for one in told if one != ("Paste", "")]


@given(st.lists(PART, max_size=6).map("".join), st.integers(1, 50))
def test_the_same_is_heard_however_the_input_is_cut(text: str, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)] if size > 6 else [text]
    assert heard(PastingParser(), pieces) == heard(XTermParser(), [text])


def test_the_mark_of_the_end_may_come_in_two_parts() -> None:
    for cut in range(1, len(END)):
        parser = PastingParser()
        pieces = [f"{START}one{END[:cut]}", f"{END[cut:]}x"]
        assert heard(parser, pieces) == [("Paste", "one"), ("Key", "x")]


def test_what_looks_like_the_end_and_is_none_belongs_to_the_paste() -> None:
    assert heard(PastingParser(), [f"{START}a\x1b[20", "1b\x1b", f"[A{END}"]) == [("Paste", "a\x1b[201b\x1b[A")]


def test_the_beginning_in_two_parts_is_left_to_textual() -> None:
    parser = PastingParser()
    assert heard(parser, ["\x1b[20", f"0~one{END}", f"x{START}two{END}"]) == [
        ("Paste", "one"),
        ("Key", "x"),
        ("Paste", "two"),
    ]


def test_the_end_of_the_input_is_taken() -> None:
    parser = PastingParser()
    assert list(parser.feed("")) == []
    assert parser.is_eof


def test_a_paste_is_one_event() -> None:
    parser = PastingParser()
    (paste,) = [event for piece in (START, *["word " * 800] * 100, END) for event in parser.feed(piece)]
    assert isinstance(paste, events.Paste)
    assert len(paste.text) == 400_000
