"""Turns a whole reply of a model into the agent's next step, by the same rules that split it while it streamed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.agent.react.output_parser import ReActOutputParser
from llama_index.core.agent.react.types import ActionReasoningStep, BaseReasoningStep, ResponseReasoningStep

from .react import Section, split, without_open_fence
from .tool_calls import arguments, native_call

_NATIVE = re.compile(r"^\s*(?:<tool_call>|<function_call>|\[TOOL_CALLS\]|```json\s)", re.M | re.I)


class TolerantParser(ReActOutputParser):
    """Make one for each question: it remembers what this question has seen.

    `tools` maps each tool's name to the names of its parameters. An answer before any look-up becomes a search for the
    question itself: models that ignore the ReAct format would otherwise ignore the documents.
    """

    def __init__(self, tools: Mapping[str, Sequence[str]], question: str, *, looked_up: bool = False) -> None:
        """`looked_up`: a former attempt has used a tool."""
        self._tools, self._question = tools, question
        self._looked_up, self._rejected = looked_up, False

    def parse(self, output: str, is_streaming: bool = False) -> BaseReasoningStep:
        """The step that `output` takes. Raises ValueError: the agent then repeats its format rules to the model."""
        sections = split(output, self._tools)
        thought = sections.get("thought", "")
        if call := self._call(sections, output):
            return self._look_up(thought or "(none)", *call)
        if not self._looked_up:
            return self._look_up("I look it up first.", "search_documents", {"query": self._question})
        answer = without_open_fence(sections.get("answer", ""))
        if not answer and (not self._rejected or not thought or "Action Input" in thought):
            self._rejected = True
            raise ValueError(f"neither an Answer nor an Action with one of {', '.join(self._tools)}")
        return ResponseReasoningStep(thought=thought or "(none)", response=answer or thought, is_streaming=is_streaming)

    def _look_up(self, thought: str, tool: str, given: dict[str, Any]) -> ActionReasoningStep:
        self._looked_up = True
        return ActionReasoningStep(thought=thought, action=tool, action_input=given)

    def _call(self, sections: Mapping[Section, str], output: str) -> tuple[str, dict[str, Any]] | None:
        """Tool and arguments, if the reply calls one; also by `Action: tool({...})`, or natively after some prose."""
        known = {tool.lower(): tool for tool in self._tools}
        found = re.match(r"[\s*_`]*(\w+)[*_`]*(.*)", sections.get("action", ""), re.S)
        if found and found[1].lower() in known:
            given = sections.get("input") or found[2].strip().removeprefix("(").removesuffix(")")
            call = known[found[1].lower()], given
        elif (native := _NATIVE.search(output)) and (called := native_call(output[native.start() :], self._tools)):
            call = called
        else:
            return None
        return call[0], arguments(call[1], self._tools[call[0]])
