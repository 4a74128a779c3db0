"""ReAct text as models write it: how it is split while it streams, and which step it becomes."""

import random
from typing import Any

import pytest
from llama_index.core.agent.react.types import ActionReasoningStep, ResponseReasoningStep

from docmind.agents.parser import TolerantParser
from docmind.agents.react import ReactSplitter, joined, split

TOOLS = {
    "search_documents": ["query"],
    "read_document": ["path", "page", "lines", "around"],
    "list_documents": ["pattern"],
}
SEARCH = 'Thought: I look.\nAction: search_documents\nAction Input: {"query": "pump"}'

TEXTS = {
    SEARCH: {"thought": "I look.", "action": "search_documents", "input": '{"query": "pump"}'},
    f"{SEARCH}\nObservation: made up\nAnswer: made up": {
        "thought": "I look.",
        "action": "search_documents",
        "input": '{"query": "pump"}',
        "ignored": "made up\nAnswer: made up",
    },
    "Thought: I know. I'll use it\nAnswer: It is 3.\n\n- Action: x\nThought: y": {
        "thought": "I know. I'll use it",
        "answer": "It is 3.\n\n- Action: x\nThought: y",
    },
    "Thought: I know it. Answer: 42": {"thought": "I know it.", "answer": "42"},
    "Thought: (Implicit) Answer: foo": {"thought": "(Implicit) Answer: foo"},
    "Just an answer, no format.": {"answer": "Just an answer, no format."},
    "Recommended Action: restart the server.": {"answer": "Recommended Action: restart the server."},
    "Action: restart the pump\nbecause it is hot": {"answer": "Action: restart the pump\nbecause it is hot"},
    "The Answer: 42": {"answer": "The Answer: 42"},
    "\n\n  Answer: 42": {"answer": "42"},
    "**Thought:** x\n**Answer:** **42** it is": {"thought": "x", "answer": "**42** it is"},
    "thought: x\nanswer: 42": {"thought": "x", "answer": "42"},
    "### Final Answer:\n42": {"answer": "42"},
    "Thought: x\nAction: None\nAction Input: None\nAnswer: yes": {
        "thought": "x\nAction: None\nAction Input: None",
        "answer": "yes",
    },
    'Sure.\nThought: x\nAction: `search_documents`\nAction Input: {"query": "y"}': {
        "thought": "Sure.\nx",
        "action": "`search_documents`",
        "input": '{"query": "y"}',
    },
    "Action: search_documents Action Input: pump": {"action": "search_documents", "input": "pump"},
    "Action:\nsearch_documents\nAction Input: pump": {"action": "search_documents", "input": "pump"},
    "Thought 1: I look.\nAction 1: Search_Documents\nAction Input 1: pump": {
        "thought": "I look.",
        "action": "Search_Documents",
        "input": "pump",
    },
    "Okay, so the user asks.\nAnswer: no\n</think>\n\nThe pump is blue.": {
        "thought": "Okay, so the user asks.\nno",
        "answer": "The pump is blue.",
    },
    "Based on it, I can answer.\n\nThought: done\nAnswer: blue": {
        "thought": "Based on it, I can answer.\n\ndone",
        "answer": "blue",
    },
    "Action: search_documents\nAction Input: x\n</think>\nAnswer: blue": {
        "thought": "search_documents\nx",
        "answer": "blue",
    },
    "Action: search_documents</think>\nAction: read_document\nAction Input: x": {
        "thought": "search_documents",
        "action": "read_document",
        "input": "x",
    },
    "Answer :**42**": {"answer": "42**"},
    "Answer: blue\nObservation: made up": {"answer": "blue", "ignored": "made up"},
    "Answer: blue\n\nAction: search_documents\nAction Input: x": {
        "answer": "blue",
        "ignored": "search_documents\nAction Input: x",
    },
    '{"name": "search_documents", "parameters": {"query": "pump"}}': {
        "action": "search_documents",
        "input": '{"query": "pump"}',
    },
    '<tool_call>\n{"name": "search_documents", "arguments": {"query": "pump"}}\n</tool_call>': {
        "action": "search_documents",
        "input": '{"query": "pump"}',
    },
    '[TOOL_CALLS] [{"name": "search_documents", "arguments": {"query": "pump"}}]': {
        "action": "search_documents",
        "input": '{"query": "pump"}',
    },
    '<|python_tag|>search_documents(query="pump")': {"action": "search_documents", "input": 'query="pump"'},
    '{"colour": "blue"}': {"answer": '{"colour": "blue"}'},
    "[1] says that it is blue.": {"answer": "[1] says that it is blue."},
    "```python\nprint(1)\n```": {"answer": "```python\nprint(1)\n```"},
}


def parser(looked_up: bool = True) -> TolerantParser:
    """A parser of a question about pumps, after a first look-up unless told otherwise."""
    made = TolerantParser(TOOLS, "how old is the pump?")
    if looked_up:
        made.parse(SEARCH)
    return made


@pytest.mark.parametrize(("text", "sections"), TEXTS.items())
def test_text_is_split_into_its_sections(text: str, sections: dict[str, str]) -> None:
    assert split(text, TOOLS) == sections


@pytest.mark.parametrize("text", TEXTS)
def test_the_pieces_do_not_depend_on_how_the_stream_was_cut(text: str) -> None:
    for seed in range(200):
        cuts, splitter, pieces = random.Random(seed), ReactSplitter(TOOLS), list[Any]()
        rest = text
        while rest:
            size = cuts.randint(1, 9)
            pieces += splitter.feed(rest[:size])
            rest = rest[size:]
        assert joined([*pieces, *splitter.close()]) == TEXTS[text]


def test_an_answer_streams_without_being_held_back() -> None:
    splitter = ReactSplitter(TOOLS)
    assert list(splitter.feed("Thought: x\nAnswer: The pump")) == [("thought", "x\n"), ("answer", "The pump")]
    assert list(splitter.feed(" is blue.\nIt hums")) == [("answer", " is blue.\nIt hums")]


def test_what_turns_out_to_be_thought_is_taken_back() -> None:
    splitter = ReactSplitter(TOOLS)
    assert list(splitter.feed("So the user asks")) == [("answer", "So the user asks")]
    assert list(splitter.feed(".</think>Blue.")) == [("answer", "."), ("reset", ""), ("answer", "Blue.")]


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ('{"query": "heat pump"}', {"query": "heat pump"}),
        ("{'query': 'heat pump'}", {"query": "heat pump"}),
        ('```json\n{"query": "heat pump",}\n```', {"query": "heat pump"}),
        ('{"input": "heat pump"}', {"query": "heat pump"}),
        ('{"query": "heat pump", "k": 5}', {"query": "heat pump"}),
        ('"heat pump"', {"query": "heat pump"}),
        ("heat pump", {"query": "heat pump"}),
        ("{}", {}),
        ('{"query": null}', {}),
        ('{"query": "heat pump', {"query": "heat pump"}),
        ('query="heat pump"', {"query": "heat pump"}),
        ('{"words": "heat pump"}', {"query": "heat pump"}),
        ('{"query": {"text": "heat pump"}}', {"query": '{"text": "heat pump"}'}),
    ],
)
def test_arguments_are_understood_as_models_write_them(written: str, arguments: dict[str, str]) -> None:
    step = parser().parse(f"Thought: x\nAction: search_documents\nAction Input: {written}")
    assert isinstance(step, ActionReasoningStep)
    assert step.action_input == arguments


def test_a_call_written_like_a_function_is_understood() -> None:
    step = parser().parse('Action: read_document({"path": "a.md", "page": 3})')
    assert isinstance(step, ActionReasoningStep)
    assert (step.action, step.action_input) == ("read_document", {"path": "a.md", "page": 3})


@pytest.mark.parametrize(
    "text",
    [
        "Action:\n```\nsearch_documents\n```\nAction Input: pump",
        "Action: ** search_documents **\nAction Input: pump",
        'I will look.\n<tool_call>\n{"name": "search_documents", "arguments": {"query": "pump"}}\n</tool_call>',
        'Thought: x\n```json\n{"action": "search_documents", "action_input": "pump"}\n```',
    ],
)
def test_a_call_is_understood_in_odd_dress(text: str) -> None:
    step = parser().parse(text)
    assert isinstance(step, ActionReasoningStep)
    assert (step.action, step.action_input) == ("search_documents", {"query": "pump"})


def test_an_empty_answer_is_never_accepted() -> None:
    made = parser()
    for _ in range(3):
        with pytest.raises(ValueError, match="neither an Answer nor an Action"):
            made.parse("Answer:")


def test_what_arguments_hide_is_cleaned() -> None:
    step = parser().parse('Action: search_documents\nAction Input: {"query": "\\ud83d pump\\u001b[31m\\u202e"}')
    assert isinstance(step, ActionReasoningStep)
    assert step.action_input == {"query": "\ufffd pump"}


def test_absurdly_nested_arguments_are_survived() -> None:
    step = parser().parse("Action: search_documents\nAction Input: " + '{"a":' * 3000)
    assert isinstance(step, ActionReasoningStep)
    assert list(step.action_input) == ["query"]


def test_a_wrong_name_for_the_first_argument_does_not_lose_it() -> None:
    step = parser().parse('Action: read_document\nAction Input: {"file": "a.md", "page": 3}')
    assert isinstance(step, ActionReasoningStep)
    assert step.action_input == {"path": "a.md", "page": 3}


def test_a_reply_in_a_code_fence_is_read_without_it() -> None:
    step = parser().parse("```\nThought: x\nAnswer: It is blue [1].\n```")
    assert isinstance(step, ResponseReasoningStep)
    assert step.response == "It is blue [1]."


def test_an_answer_before_any_look_up_becomes_a_search_for_the_question() -> None:
    step = parser(looked_up=False).parse("It is 42 years old.")
    assert isinstance(step, ActionReasoningStep)
    assert (step.action, step.action_input) == ("search_documents", {"query": "how old is the pump?"})


def test_an_answer_after_a_look_up_is_accepted_without_any_format() -> None:
    step = parser().parse("It is 42 years old [1].")
    assert isinstance(step, ResponseReasoningStep)
    assert step.response == "It is 42 years old [1]."


def test_a_bare_thought_is_sent_back_once_and_then_taken_as_the_answer() -> None:
    made = parser()
    with pytest.raises(ValueError, match="neither an Answer nor an Action"):
        made.parse("Thought: It is 42 years old.")
    step = made.parse("Thought: It is 42 years old.")
    assert isinstance(step, ResponseReasoningStep)
    assert step.response == "It is 42 years old."


def test_a_call_of_an_unknown_tool_is_never_taken_as_the_answer() -> None:
    made = parser()
    for _ in range(3):
        with pytest.raises(ValueError, match="search_documents, read_document, list_documents"):
            made.parse("Thought: x\nAction: web_search\nAction Input: {}")
