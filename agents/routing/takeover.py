"""A backend broke off: which part of its reply stands, how the next one is asked to go on, and how its text joins.

A step that broke off in its thought or action is done again from its beginning; only a final answer is continued.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, NamedTuple

from llama_index.core.llms import ChatMessage

from ..prompt import OBSERVATION, cut_off
from ..protocol import Switched
from ..react import Piece, ReactSplitter, joined
from .seam import Beginning, Seam, beginning, ends_sentence, words

FEWEST_WORDS = 3
"""An answer of fewer words is begun anew: that costs less than a seam."""
_LABELS = "Thought: I can answer now.\nAnswer: "
"""What the prompt wants before an answer."""
_CITATION = re.compile(r"\[\d+\]")


class TakenOver(NamedTuple):
    """The reply begins anew, with `kept`: what was given before it in this step is taken back."""

    switched: Switched | None
    """What the user is told; None: the same backend began anew."""
    kept: str


class Begun(NamedTuple):
    """A final answer that broke off."""

    step: str
    """The reply up to its last whole word, labels included."""
    answer: Beginning
    """The part of it that is the answer."""

    @property
    def may_end_here(self) -> bool:
        """Whether a backend that adds nothing may be right."""
        return ends_sentence(self.answer.text)

    def messages(self, messages: Sequence[ChatMessage], *, asked: bool) -> list[ChatMessage]:
        """What to send: the same prompt, the reply so far, and to a backend that takes no prefix a request in words."""
        said = ChatMessage(role="assistant", content=self.step)
        request = [ChatMessage(role="user", content=cut_off(self.answer.text))] if asked else []
        return [*messages, said, *request]


def begun(reply: str, messages: Sequence[ChatMessage], tools: Collection[str]) -> Begun | None:
    """The final answer in a reply that broke off; None where there is none, and the step has to be done again.

    Text without a label counts when it cites a passage: a thought before a look-up does not. An answer before any
    look-up is none: the parser makes a search of it.
    """
    if not any((message.content or "").startswith(OBSERVATION) for message in messages if message.role == "user"):
        return None
    step = beginning(reply)
    splitter = ReactSplitter(tools)
    answer = joined([*splitter.feed(step.text), *splitter.close()]).get("answer", "")
    if splitter.section != "answer" or words(answer) < FEWEST_WORDS:
        return None
    if not splitter.is_labelled and not _CITATION.search(answer):
        return None
    return Begun(step.text, Beginning(answer, step.gap))


def left(said: str, messages: Sequence[ChatMessage], tools: Collection[str]) -> Begun | None:
    """The same for an answer of which only its text was kept, without the reply that it stood in."""
    return begun(f"{_LABELS}{said}", messages, tools)


class Continuation:
    """Fed with what the next backend says; gives the text to append, or a TakenOver where it has to begin anew.

    `asked`: it was asked in words, for it takes no beginning of an answer; so it may use labels again.
    """

    def __init__(self, begun: Begun, tools: Collection[str], *, asked: bool) -> None:
        self._begun, self._asked = begun, asked
        self._splitter = ReactSplitter(tools)
        self._reply: list[str] = []
        self._mode: Literal["split", "plain", "anew"] = "split"
        """`plain`: nothing in it is a label. `anew`: all of it is a step of its own."""
        self._seam: Seam | None = None
        self.added = False
        """Whether anything was given."""

    def feed(self, text: str) -> Iterator[str | TakenOver]:
        """What is certain after `text`."""
        self._reply.append(text)
        if self._mode == "split":
            yield from self._split(self._splitter.feed(text))
        elif self._mode == "plain":
            yield from self._join(text)
        else:
            yield text

    def close(self) -> Iterator[str | TakenOver]:
        """What was held back."""
        if self._mode == "split":
            yield from self._split(self._splitter.close())
        if self._mode != "anew" and self._seam:
            yield from self._given(self._seam, self._seam.close())

    def _split(self, pieces: Iterator[Piece]) -> Iterator[str | TakenOver]:
        for section, text in pieces:
            if section == "reset":  # what was taken for the rest of the answer was thought
                yield from self._take_back()
            elif section == "action":
                yield from self._begin_anew()
            elif section == "answer" and not (self._asked or self._splitter.is_labelled):
                self._mode = "plain"
                yield from self._join("".join(self._reply))
            elif section == "answer":
                yield from self._join(text)
            if self._mode != "split":
                return

    def _join(self, text: str) -> Iterator[str | TakenOver]:
        if self._seam is None:
            labelled, reply = self._splitter.is_labelled, "".join(self._reply)
            self._seam = Seam(self._begun.answer, asked=self._asked, labelled=labelled)
            if self._mode == "split" and not labelled:  # the splitter has taken it away
                text = reply[: len(reply) - len(reply.lstrip())] + text
        yield from self._given(self._seam, self._seam.feed(text))

    def _given(self, seam: Seam, text: str) -> Iterator[str | TakenOver]:
        if seam.anew:
            yield from self._begin_anew()
        elif text:
            self.added = True
            yield text

    def _take_back(self) -> Iterator[TakenOver]:
        self._seam = None
        if self.added:
            self.added = False
            yield TakenOver(None, self._begun.step)

    def _begin_anew(self) -> Iterator[str | TakenOver]:
        self._mode, self.added = "anew", True
        yield TakenOver(None, "")
        yield "".join(self._reply)
