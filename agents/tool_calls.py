"""Tool calls as models write them in spite of the ReAct format, and arguments as they write them in it."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import dirtyjson

from .text import clean

_MARKERS = ("<tool_call>", "<function_call>", "[tool_calls]", "<|python_tag|>", "```json", "```tool_call", "{", "[{")
_NAME_KEYS = ("name", "action", "tool", "tool_name", "function")
_ARGUMENT_KEYS = ("arguments", "parameters", "action_input", "input", "args")
_FUNCTION = re.compile(r"\s*(?:<\|python_tag\|>)?\s*(\w+)\((.*)\)\s*", re.S)
_KEYWORD = re.compile(r"(\w+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s,()]+)")


def opens_native_call(text: str, tools: Collection[str]) -> bool:
    """Whether a reply that begins with `text` may be a tool call in a model's native format."""
    begun = text.lstrip().lower()
    openings = [*_MARKERS, *(f"{tool}(".lower() for tool in tools)]
    return any(begun.startswith(opening) or opening.startswith(begun) for opening in openings)


def native_call(text: str, tools: Iterable[str]) -> tuple[str, str] | None:
    """(tool, arguments) of a reply that is nothing but a tool call of one of `tools`; else None."""
    known = {tool.lower(): tool for tool in tools}
    if (function := _FUNCTION.fullmatch(text)) and function[1].lower() in known:
        return known[function[1].lower()], function[2]
    call = _first_object(text)
    name = next((call[key] for key in _NAME_KEYS if key in call), None)
    if isinstance(name, dict):  # {"function": {"name": ..., "arguments": ...}}
        call, name = name, name.get("name")
    if str(name).lower() not in known:
        return None
    given: Any = next((call[key] for key in _ARGUMENT_KEYS if key in call), {})
    return known[str(name).lower()], given if isinstance(given, str) else json.dumps(given)


def arguments(text: str, parameters: Sequence[str]) -> dict[str, Any]:
    """Plain values by parameter, from JSON, from `query="..."`, or from text, which is the first parameter.

    A value under a name that the tool does not know is the first parameter, if that is missing.
    """
    text = text.strip(" \n`")
    given = _first_object(text) or {name: value.strip("\"'") for name, value in _KEYWORD.findall(text)}
    known = {name: _plain(given[name]) for name in parameters if given.get(name) is not None}
    others = [value for name, value in given.items() if name not in parameters and isinstance(value, str | int)]
    if known or others:
        return known if parameters[0] in known or not others else {parameters[0]: _plain(others[0])} | known
    words = text.strip(" \n\"'(){}")
    return {parameters[0]: words} if words and not given else {}


def _first_object(text: str) -> dict[str, Any]:
    """The first JSON object in the text, also one that breaks off; {} without one."""
    start = text.find("{")
    for ending in ("", '"}', "}") if start >= 0 else ():
        try:
            return dict(dirtyjson.loads(text[start:] + ending, search_for_first_object=True))
        except (dirtyjson.Error, ValueError, TypeError, RecursionError):
            continue
    return {}


def _plain(value: Any) -> str | int | float | bool:
    """A value that can be shown and stored: models nest lists and objects where a word was asked for."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int | float | bool):
        return value
    try:
        return clean(json.dumps(value, ensure_ascii=False)[:1000])
    except (RecursionError, TypeError):
        return ""
