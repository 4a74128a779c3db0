"""ReAct text, as local models really write it: split while it streams, and parsed into steps by the same rules.

Accepted labels: Thought, Action, Action Input, Answer, Final Answer, Observation; at the start of a line, in any case,
bold or as a heading. `Answer:` also counts inside a thought after the end of a sentence. `Action:` counts only before
the name of a tool, so prose such as "Action: restart the pump" stays prose. Text before any label is answer text: many
models drop the format.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

import dirtyjson
from llama_index.core.agent.react.output_parser import ReActOutputParser
from llama_index.core.agent.react.types import ActionReasoningStep, BaseReasoningStep, ResponseReasoningStep

Section = Literal["thought", "action", "input", "answer", "ignored"]
Piece = tuple[Section, str]

STOP = "\nObservation:"
"""Where a model must stop: what it writes after this it made up."""

_NAMES = ("thought", "action input", "action", "final answer", "answer", "observation")
_ENTERS: dict[str, Section] = {
    "thought": "thought",
    "action": "action",
    "action input": "input",
    "final answer": "answer",
    "answer": "answer",
    "observation": "ignored",
}
_DECORATION = " \t>#*_"


def _label(names: str, inline: str = r"(?!)") -> re.Pattern[str]:
    """A label: one of `names` after a line break, or `inline` anywhere; with its colon and the end of its bold type."""
    return re.compile(rf"(?:(?<=\n)[{_DECORATION}]*(?P<name>{names})|(?P<inline>{inline}))[*_ \t]*:[*_]*[ \t]*", re.I)


def _may_begin_label(line: str) -> bool:
    """Whether more text could still make `line` a label, or more of the same label."""
    plain = line.strip(_DECORATION + "`").lower()
    return any(f"{name}:".startswith(plain) for name in _NAMES) or bool(re.fullmatch(r"action[*_ ]*:[*_` ]*\w*", plain))


class ReactSplitter:
    """Cuts a stream of ReAct text into (section, text) pieces; the pieces do not depend on how the text was cut.

    An answer lasts to the end of the text. So does what follows a complete action input: it is "ignored", as the agent
    ignores it.
    """

    def __init__(self, tools: Collection[str]) -> None:
        names = "|".join(map(re.escape, tools)) or "(?!)"
        action = rf"action(?=[*_ \t]*:[ \t*_`]*(?:{names})\b)"
        self._labels: dict[Section, re.Pattern[str]] = {
            "answer": _label(rf"thought|final answer|answer|{action}"),
            "thought": _label(rf"final answer|answer|{action}", r"(?<=[.!?])[ \t]+[*_]*(?:final )?answer"),
            "action": _label("action input|thought|final answer|answer|observation", "action input"),
            "input": _label("thought|action input|action|final answer|answer|observation"),
        }
        self.section: Section = "answer"
        self._final = False  # the section lasts to the end of the text
        self._buffer, self._previous, self._fresh = "", "\n", True

    def feed(self, text: str) -> Iterator[Piece]:
        """The pieces that are certain after `text`."""
        self._buffer += text
        yield from self._drain(closing=False)

    def close(self) -> Iterator[Piece]:
        """What was held back because it might have become a label."""
        yield from self._drain(closing=True)

    def _drain(self, closing: bool) -> Iterator[Piece]:
        while not self._final:
            certain = len(self._buffer) if closing else self._certain()
            label = self._labels[self.section].search(self._previous + self._buffer[:certain])
            if label is None:
                yield from self._emit(certain)
                return
            yield from self._emit(label.start() - 1)
            self._enter(label)
        yield from self._emit(len(self._buffer))

    def _certain(self) -> int:
        """How much of the buffer cannot turn into a label any more."""
        text = self._previous + self._buffer
        line = text.rfind("\n") + 1
        if line and (self.section == "action" or _may_begin_label(text[line:])):
            return max(line - 1, 0)
        if self.section == "thought":
            sentence = max(text.rfind(mark) for mark in ".!?") + 1
            if sentence and _may_begin_label(text[sentence:]):
                return sentence - 1
        return len(self._buffer)

    def _enter(self, label: re.Match[str]) -> None:
        inline: Section = "input" if self.section == "action" else "answer"
        entered = _ENTERS[label["name"].lower()] if label["name"] else inline
        self._buffer = self._buffer[label.end() - label.start() :]
        self.section = "ignored" if self.section == "input" else entered
        self._final = self.section in ("answer", "ignored")
        self._previous, self._fresh = "\n", True

    def _emit(self, end: int) -> Iterator[Piece]:
        text, self._buffer = self._buffer[:end], self._buffer[end:]
        self._previous = text[-1:] or self._previous
        if self._fresh:
            text = text.lstrip()
        if text:
            self._fresh = False
            yield self.section, text


def split(text: str, tools: Collection[str]) -> dict[Section, str]:
    """The whole text of each section, stripped."""
    splitter, sections = ReactSplitter(tools), dict[Section, str]()
    for section, piece in [*splitter.feed(text), *splitter.close()]:
        sections[section] = sections.get(section, "") + piece
    return {section: whole.strip() for section, whole in sections.items()}


class TolerantParser(ReActOutputParser):
    """Parses a whole reply into a step. Make one for each question: it remembers what this question has seen.

    `tools` maps each tool's name to the names of its parameters. An answer before any look-up becomes a search for the
    question itself: models that ignore the ReAct format would otherwise ignore the documents.
    """

    def __init__(self, tools: Mapping[str, Sequence[str]], question: str) -> None:
        self._tools, self._question = tools, question
        self._looked_up, self._rejected = False, False

    def parse(self, output: str, is_streaming: bool = False) -> BaseReasoningStep:
        """The step that `output` takes. Raises ValueError: the agent then repeats its format rules to the model."""
        sections = split(output, self._tools)
        thought = sections.get("thought", "")
        if sections.get("action"):
            name, value = self._action(sections)
            self._looked_up = True
            return ActionReasoningStep(thought=thought or "(none)", action=name, action_input=value)
        if not self._looked_up:
            self._looked_up = True
            return ActionReasoningStep(
                thought="I look it up first.", action="search_documents", action_input={"query": self._question}
            )
        answer = sections.get("answer", "")
        if not answer and (not self._rejected or "Action Input" in thought):
            self._rejected = True
            raise ValueError(f"neither an Answer nor an Action with one of {', '.join(self._tools)}")
        return ResponseReasoningStep(thought=thought or "(none)", response=answer or thought, is_streaming=is_streaming)

    def _action(self, sections: Mapping[Section, str]) -> tuple[str, dict[str, Any]]:
        """Name and arguments; also of `Action: tool({...})`."""
        found = re.match(r"[*_`]*(\w+)[*_`]*(.*)", sections["action"], re.S)
        assert found is not None  # the label is only recognised before a tool's name
        return found[1], self._arguments(found[1], sections.get("input") or found[2].strip(" ()\n"))

    def _arguments(self, tool: str, text: str) -> dict[str, Any]:
        """Arguments from JSON as models write it; anything else is the tool's first argument."""
        first = self._tools[tool][0]
        start, end = text.find("{"), text.rfind("}")
        if start < 0 or end < start:
            plain = text.strip(" \n`\"'")
            return {first: plain} if plain else {}
        try:
            value = dict(dirtyjson.loads(text[start : end + 1]))
        except (dirtyjson.Error, ValueError):
            return {first: text[start + 1 : end].strip(" \n\"'")}
        known = {name: value[name] for name in self._tools[tool] if name in value}
        return known or ({first: next(iter(value.values()))} if value else {})
