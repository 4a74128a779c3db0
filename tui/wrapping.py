"""Text that streams in, broken into lines between words."""

import re
import unicodedata

_WORD = re.compile(r"[^\S\n]*\S+|\n|[^\S\n]+")


class Wrapper:
    """Breaks lines at `width` columns. The last word is held back until it is complete."""

    def __init__(self, width: int) -> None:
        self._width, self._column, self._held = width, 0, ""
        self._interrupted = False

    def feed(self, text: str) -> str:
        """What can be printed now."""
        words = _WORD.findall(self._held + text)
        self._held = words.pop() if words and words[-1] != "\n" else ""
        return "".join(map(self._place, words))

    def drop(self, count: int) -> None:
        """Takes back the last signs, as far as they have not been given out."""
        self._held = self._held[: max(len(self._held) - count, 0)]

    def interrupt(self) -> str:
        """What ends a line that has begun, so that something else can be printed; the text goes on below it."""
        if not self._column:
            return ""
        self._column, self._interrupted = 0, True
        return "\n"

    def close(self) -> str:
        """The last word."""
        held, self._held = self._held, ""
        return self._place(held)

    def _place(self, word: str) -> str:
        if self._interrupted:  # its line has ended already
            ends, word = word == "\n", word.lstrip()
            self._interrupted = not (ends or word)
        if word == "\n":
            self._column = 0
            return word
        if self._column and self._column + columns_of(word) > self._width:
            word = word.lstrip()
            self._column = columns_of(word)
            return "\n" + word
        self._column += columns_of(word)
        return word


def columns_of(word: str) -> int:
    """How many columns it takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in word)
