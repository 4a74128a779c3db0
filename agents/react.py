"""ReAct text, as local models really write it, split into its sections while it streams.

Accepted labels: Thought, Action, Action Input, Answer, Final Answer, Observation, also numbered; at the beginning of a
line, in any case, bold or as a heading. `Answer:` also counts inside a thought after the end of a sentence. `Action:`
counts only before the name of a tool, so prose such as "Action: restart the pump" stays prose. Text before any label is
answer text, for many models drop the format; it turns out to be thought when a label or a `</think>` follows.

A reply that is nothing but a tool call in a model's native format is an action, too: see tool_calls.py.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Literal

from .tool_calls import native_call, opens_native_call

Section = Literal["thought", "action", "input", "answer", "ignored", "reset"]
Piece = tuple[Section, str]
"""("reset", "") says that all text so far was thought."""

STOP = "\nObservation:"
"""Where a model must stop: what it writes after this it made up."""

_ENTERS: dict[str, Section] = {
    "thought": "thought",
    "action": "action",
    "action input": "input",
    "final answer": "answer",
    "answer": "answer",
    "observation": "ignored",
}
_DECORATION = " \t>#*_"
_LONGEST_DECORATION = 40
_END_OF_THINKING = "</think>"
_OPEN_ACTION = re.compile(rf"\n[{_DECORATION}]*action[ \t]*\d*[*_ \t]*:[\s*_`]*\w*\Z", re.I)
"""An Action label whose tool is still to come, perhaps on the next line."""


def _label(names: str, inline: str = r"(?!)") -> re.Pattern[str]:
    """A label: one of `names` after a line break, or `inline` anywhere; with its colon and the end of its bold type."""
    at_line = rf"(?<=\n)[{_DECORATION}]{{0,{_LONGEST_DECORATION}}}(?P<name>{names})[ \t]*\d*"
    return re.compile(rf"(?:{at_line}|(?P<inline>{inline}))[*_ \t]*:[*_]*[ \t]*|(?P<think>{_END_OF_THINKING})", re.I)


def _may_begin_label(line: str) -> bool:
    """Whether more text could still make `line` a label, or more of the same label."""
    if len(line) - len(line.lstrip(_DECORATION)) > _LONGEST_DECORATION:
        return False
    plain = re.sub(r"[*_ \t]*\d*[*_ \t]*(?=:?\Z)", "", line.strip(_DECORATION + "`").lower())
    return any(f"{name}:".startswith(plain) for name in _ENTERS)


class ReactSplitter:
    """Cuts a stream of ReAct text into (section, text) pieces; the pieces do not depend on how the text was cut.

    An answer lasts to the end of the text or to something that the model only makes up; so does what follows a complete
    action input. Both are "ignored", as the agent ignores them.
    """

    def __init__(self, tools: Collection[str]) -> None:
        names = "|".join(map(re.escape, tools)) or "(?!)"
        action = rf"action(?=[ \t]*\d*[*_ \t]*:[\s*_`]*(?:{names})\b)"
        self._tools = tools
        self._labels: dict[Section, re.Pattern[str]] = {
            "thought": _label(rf"final answer|answer|{action}", r"(?<=[.!?])[ \t]+[*_]*(?:final )?answer"),
            "action": _label("action input|thought|final answer|answer|observation", "action input"),
            "input": _label("thought|action input|action|final answer|answer|observation"),
        }
        self._before_any_label = _label(rf"thought|final answer|answer|{action}")
        self._in_answer = _label(rf"observation|{action}")
        self.section: Section = "answer"
        self._labelled = False
        self._answering = False  # answer text was given out that a later label may turn into thought
        self._native = True  # the whole reply may still be a native tool call
        self._buffer, self._previous, self._fresh = "", "\n", True

    @property
    def is_labelled(self) -> bool:
        """Whether a label has said what the text is."""
        return self._labelled

    def feed(self, text: str) -> Iterator[Piece]:
        """The pieces that are certain after `text`."""
        self._buffer += text
        yield from self._drain(closing=False)

    def close(self) -> Iterator[Piece]:
        """What was held back because it might have become a label or a native tool call."""
        if self._native and (call := native_call(self._buffer, self._tools)):
            self._buffer = ""
            yield from (("action", call[0]), ("input", call[1]))
        self._native = False
        yield from self._drain(closing=True)

    def _drain(self, closing: bool) -> Iterator[Piece]:
        self._native = self._native and opens_native_call(self._buffer, self._tools)
        while self.section != "ignored" and not self._native:
            certain = len(self._buffer) if closing else self._certain()
            label = self._pattern.search(self._previous + self._buffer[:certain])
            if label is None:
                yield from self._emit(certain)
                return
            yield from self._emit(label.start() - 1)
            yield from self._enter(label)
        if self.section == "ignored":
            yield from self._emit(len(self._buffer))

    @property
    def _pattern(self) -> re.Pattern[str]:
        """The labels that may come now."""
        if self.section == "answer":
            return self._in_answer if self._labelled else self._before_any_label
        return self._labels[self.section]

    def _certain(self) -> int:
        """How much of the buffer cannot turn into a label any more."""
        text = self._previous + self._buffer
        line = text.rfind("\n") + 1
        ends = [len(text)]
        if open_action := _OPEN_ACTION.search(text):
            ends.append(open_action.start() + 1)
        if line and (self.section == "action" or _may_begin_label(text[line:])):
            ends.append(line)
        tag = text.rfind("<", max(0, len(text) - len(_END_OF_THINKING)))
        if tag >= 0 and _END_OF_THINKING.startswith(text[tag:].lower()):
            ends.append(tag)
        if self.section == "thought":
            sentence = max(text.rfind(mark) for mark in ".!?") + 1
            if sentence and _may_begin_label(text[sentence:]):
                ends.append(sentence)
        return max(min(ends) - 1, 0)

    def _enter(self, label: re.Match[str]) -> Iterator[Piece]:
        inline: Section = "input" if self.section == "action" else "answer"
        self._buffer = self._buffer[label.end() - label.start() :]
        if label["think"] or (self._answering and not self._labelled):
            self._answering = False
            yield "reset", ""
        if label["think"]:
            self.section, self._labelled = "answer", False
        elif self.section == "input" or (self.section == "answer" and self._labelled):
            self.section = "ignored"
        else:
            self.section = _ENTERS[label["name"].lower()] if label["name"] else inline
            self._labelled = True
        self._previous, self._fresh = "\n", True

    def _emit(self, end: int) -> Iterator[Piece]:
        text, self._buffer = self._buffer[:end], self._buffer[end:]
        self._previous = text[-1:] or self._previous
        if self._fresh:
            text = text.lstrip()
        if text:
            self._fresh = False
            self._answering = self._answering or self.section == "answer"
            yield self.section, text


def joined(pieces: Iterable[Piece]) -> dict[Section, str]:
    """The whole text of each section, stripped; sections without text are left out."""
    sections: dict[Section, str] = {}
    for section, piece in pieces:
        if section == "reset":
            sections = {"thought": "".join(sections.values())}
        else:
            sections[section] = sections.get(section, "") + piece
    return {section: whole.strip() for section, whole in sections.items() if whole.strip()}


def split(text: str, tools: Collection[str]) -> dict[Section, str]:
    """The sections of a whole reply."""
    splitter = ReactSplitter(tools)
    return joined([*splitter.feed(text), *splitter.close()])


def without_open_fence(answer: str) -> str:
    """The answer without the end of a fence that was opened before it: some models wrap their whole reply in one."""
    return answer[:-3].rstrip() if answer.endswith("```") and answer.count("```") % 2 else answer
