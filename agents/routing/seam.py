"""Joins what a backend says to the beginning of an answer that another one wrote. Pure, and streaming.

A backend may go on as it was asked to, repeat all or the end of the beginning first, or start over. What is repeated is
dropped; when the reply starts over with other words, the seam says so, and the reply stands for itself.
"""

import re
from typing import NamedTuple

CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
"""Scripts without spaces: each sign counts as a word, and four of them as much as one. Korean has spaces."""
_CJK = re.compile(rf"[{CJK}]")
_WORD = re.compile(rf"[{CJK}]|[^\s{CJK}]+")
_LETTER = re.compile(r"[^\W_]")
_ELLIPSIS = re.compile(r"\s*(?:\.{3}|…)?\s*")
_FENCE = "```"
_OPENED_AGAIN = re.compile(rf"\s*{_FENCE}\w[^\n]*\n")
"""A fence with the name of a language, which never closes a block of code."""
_LAST_WORD = re.compile(rf"[^\s{CJK}]*\Z")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]*_]*\Z|\n\Z")
_CLOSING = ".,;:!?)]}»”’…%"

SURE = 3
"""Words that are repeated by no accident, in the middle of a sentence."""
SURE_AFTER_SENTENCE = 6
"""Words with which no new sentence begins as the whole answer did, by accident."""


class Beginning(NamedTuple):
    """A text up to its last whole word, and the white space that came after it."""

    text: str
    gap: str


def beginning(text: str) -> Beginning:
    """What certainly stands: the last word may lack its end."""
    certain = text[: _LAST_WORD.search(text).start()]  # type: ignore[union-attr]  # it always finds, be it nothing
    whole = certain.rstrip()
    return Beginning(whole, certain[len(whole) :])


def ends_sentence(text: str) -> bool:
    """Whether the text may end here."""
    return bool(_SENTENCE_END.search(text))


def words(text: str) -> float:
    """How many words it has; a sign of a script without spaces counts for a quarter."""
    return _weight(_WORD.findall(text))


class Seam:
    """Fed with the pieces of a reply in any cut; gives the text to be appended to `begun`.

    `asked`: the backend was asked in words to go on, so that even one repeated word is none of the text. `labelled`:
    the reply came as an answer with its label, as one does that starts over.
    """

    def __init__(self, begun: Beginning, *, asked: bool, labelled: bool) -> None:
        self._begun, self._asked, self._labelled = begun, asked, labelled
        self._repetition = _Repetition(_WORD.findall(begun.text))
        self._in_code = asked and begun.text.count(_FENCE) % 2 == 1
        self._reply = ""
        self._read = -1  # where the next word begins; -1: the beginning has not been looked at
        self._joined = self._goes_on = False
        self.anew = False
        """The reply starts over: nothing of it was given, and nothing will be."""

    def feed(self, text: str) -> str:
        """What is certain after `text`."""
        if self._joined:
            return text
        self._reply += text
        return self._decide(closing=False)

    def close(self) -> str:
        """What was held back at the end of the reply."""
        return "" if self._joined else self._decide(closing=True)

    def _decide(self, closing: bool) -> str:
        if self.anew or not self._look_at_beginning(closing):
            return ""
        for word in _WORD.finditer(self._reply, self._read):
            is_whole = closing or word.end() < len(self._reply)
            if not (is_whole or self._repetition.may_go_on_with(word[0])):
                break  # whatever its end will be
            if not is_whole:
                return ""
            self._repetition.take(word[0], word.start())
            self._read = word.end()
            if self._repetition.is_decided:
                break
        if not (closing or self._repetition.is_decided) and self._read == len(self._reply.rstrip()):
            return ""
        return self._conclude(closing)

    def _look_at_beginning(self, closing: bool) -> bool:
        """Whether there is enough of the reply; takes away an ellipsis, or a fence of the block of code that is open.

        Sees whether the reply goes on without a word.
        """
        if self._read >= 0:
            return True
        if self._in_code and self._reply.lstrip().startswith(_FENCE):
            if "\n" not in self._reply.lstrip() and not closing:
                return False
            self._reply, self._in_code = _OPENED_AGAIN.sub("", self._reply, count=1), False
        if len(self._reply.strip()) <= (len("...") if self._asked else 0) and not closing:
            return False
        if self._begins_as_the_next_token():
            self._goes_on = True
            self._repetition.only_whole()
        elif self._asked:
            self._reply = _ELLIPSIS.sub("", self._reply, count=1)
        self._read = 0
        return True

    def _begins_as_the_next_token(self) -> bool:
        """With white space, as no repetition does; one that was asked in words may put a space before everything."""
        space = self._reply[: len(self._reply) - len(self._reply.lstrip())]
        return "\n" in space and "\n" in self._begun.gap if self._asked else bool(space)

    def _conclude(self, closing: bool) -> str:
        end, weight = self._repetition.found
        is_mark = "\n" in self._begun.gap and not _LETTER.search(self._reply[:end])  # of a new row or item
        if end and weight >= (1 if self._asked else SURE) and not is_mark:
            return self._join(self._reply[end:])
        if closing and self._repetition.weight_of_open >= SURE and not self._goes_on:
            return self._join("")  # it repeated a part, and ended
        if self._starts_over():
            self.anew = True
            return ""
        return self._join(self._separator() + self._reply)

    def _starts_over(self) -> bool:
        """Whether a reply that repeats nothing up to the end is another answer."""
        ended = ends_sentence(self._begun.text)
        if self._labelled and (not self._asked or (not ended and self._reply[:1].isupper())):
            return True
        return not self._goes_on and self._repetition.alike >= (SURE_AFTER_SENTENCE if ended else SURE)

    def _join(self, text: str) -> str:
        self._joined, self._reply = True, ""
        return text

    def _separator(self) -> str:
        first = self._reply[:1]
        return "" if not first or first.isspace() or first in _CLOSING else self._begun.gap


class _Repetition:
    """Which end of `words`, if any, a reply begins with; taken word by word."""

    def __init__(self, words: list[str]) -> None:
        self._words = [word.casefold() for word in words]
        self._open = list(range(len(words)))  # the words with which the repetition may have begun
        self._taken = self._alike = 0
        self._begins: int | None = None
        self._end = 0

    def only_whole(self) -> None:
        """Only a repetition of the whole text counts."""
        self._open = self._open[:1]

    @property
    def is_decided(self) -> bool:
        """Whether no longer repetition can be found any more."""
        return not self._open

    @property
    def found(self) -> tuple[int, float]:
        """Where in the reply the longest repetition ends, and its weight; 0: there is none."""
        return (0, 0.0) if self._begins is None else (self._end, _weight(self._words[self._begins :]))

    @property
    def alike(self) -> float:
        """Weight of the words with which both the reply and the whole text begin."""
        return _weight(self._words[: self._alike])

    @property
    def weight_of_open(self) -> float:
        """Of the words taken, where they may be a repetition that is not complete."""
        return _weight(self._words[self._open[0] :][: self._taken]) if self._open else 0.0

    def may_go_on_with(self, part: str) -> bool:
        """Whether a word that begins with `part` could go on with a repetition."""
        part = part.casefold()
        return any(self._words[at + self._taken].startswith(part) or self._ends_with(part, at) for at in self._open)

    def take(self, word: str, start: int) -> None:
        """The next word of the reply, which stands at `start`."""
        folded, still = word.casefold(), []
        for at in self._open:
            expected, is_last = self._words[at + self._taken], at + self._taken == len(self._words) - 1
            if is_last and self._ends_with(folded, at):
                self._begins, self._end = at, start + min(len(expected), len(word))
            elif folded == expected and not is_last:
                still.append(at)
                self._alike += at == 0
        # Those that begin later are shorter.
        self._open = [at for at in still if self._begins is None or at < self._begins]
        self._taken += 1

    def _ends_with(self, folded: str, at: int) -> bool:
        """Whether it is the last word, be it with another sign after it."""
        expected = self._words[at + self._taken]
        is_last = at + self._taken == len(self._words) - 1
        if not (is_last and folded.startswith(expected)):
            return False
        return folded == expected or bool(_LETTER.search(expected) and not folded[len(expected) :][:1].isalnum())


def _is_cjk(sign: str) -> bool:
    return bool(_CJK.match(sign))


def _weight(words: list[str]) -> float:
    return sum(0.25 if _is_cjk(word) else 1 for word in words)
