"""Inline thinking is taken apart however the stream is cut."""

import random

import pytest

from docmind.agents.backends.thinking import ThinkSplitter

TEXTS = {
    "<think>Hm, is it blue?</think>\n\nIt is blue.": ("It is blue.", "Hm, is it blue?"),
    "\n<think>\nHm.\n</think>Blue": ("Blue", "\nHm.\n"),
    "No thinking, but a <think>tag</think> inside": ("No thinking, but a <think>tag</think> inside", ""),
    "<b>bold</b>": ("<b>bold</b>", ""),
    "<thin": ("<thin", ""),
    "<think>never closed </thi": ("", "never closed </thi"),
    "<think></think>": ("", ""),
    "<think>a</think><think>b</think> c": ("c", "ab"),
    " goes on with white space": (" goes on with white space", ""),
    "": ("", ""),
}


@pytest.mark.parametrize("raw", TEXTS)
def test_any_cut_gives_the_same(raw: str) -> None:
    chance = random.Random(7)
    for _ in range(200):
        splitter, text, thinking = ThinkSplitter(), "", ""
        rest = raw
        while rest:
            size = chance.randint(1, 5)
            piece, rest = rest[:size], rest[size:]
            got = splitter.feed(piece)
            text, thinking = text + got[0], thinking + got[1]
        last = splitter.close()
        assert (text + last[0], thinking + last[1]) == TEXTS[raw]


def test_thinking_is_shown_before_it_ends() -> None:
    splitter = ThinkSplitter()

    assert splitter.feed("<think>Let me ") == ("", "Let me ")


def test_text_is_not_held_back() -> None:
    splitter = ThinkSplitter()

    assert splitter.feed("The pump") == ("The pump", "")
    assert splitter.feed(" <") == (" <", "")
