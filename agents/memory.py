"""What of a chat's past goes into a prompt: the one place that decides it, for each window anew. Pure."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

from llama_index.core.llms import ChatMessage, MessageRole

from . import marks
from .chats.live_turn import Exchange
from .library.sentences import sentences
from .routing.fit import OVERHEAD
from .text import one_line
from .tokens import CHARS_PER_TOKEN, estimate

SHORTENED_SHARE = 0.3
"""Share of the room that is kept for what is shortened, where not all goes in as it was said."""
LEAST_ROOM = 100
"""Tokens of room below which no summary is worth making."""
RECALL = "What was said before, in short?"
"""Stands as a question before what is shortened: many chat templates want questions and answers in turn."""
_QUESTION_CHARS, _ANSWER_CHARS = 160, 240
"""Of a turn that is shortened without a model: a question, and the first sentences of an answer."""
_READ_CHARS = 400
"""Of an answer, to find its first sentences: a long one costs no more."""
_CACHED = 2048
"""Answers whose short forms are remembered: the same turns are looked at for every call."""


class Chosen(NamedTuple):
    """The past as a prompt has it. Each earlier question counts once: whole, summarised or left out."""

    messages: list[ChatMessage]
    whole: int = 0
    summarised: int = 0
    """Those that a summary stands for, and those of which only the first sentences go in."""
    left_out: int = 0


def choose(past: Sequence[Exchange], room: int) -> Chosen:
    """As much of the past, oldest first, as `room` tokens hold.

    All of it, if it fits; else the latest turns whole, and before them what is shortened: a summary, then questions
    with the first sentences of their answers.
    """
    if not past or room <= 0:
        return Chosen([], left_out=len(past))
    whole = _whole(past, room)
    if whole == len(past):
        return Chosen(_messages(past), whole)
    older = len(past) - whole
    recent = past[older:]
    text, told = _shortened(past, older, room - sum(map(_tokens, recent)) - _pair_tokens(RECALL, ""))
    return Chosen([*(_pair(RECALL, text) if text else []), *_messages(recent)], whole, told, older - told)


def due(past: Sequence[Exchange], room: int) -> int:
    """How many of the oldest turns the next summary should stand for; 0: none is needed.

    It reaches further than it must, so that not every question makes one due.
    """
    older = len(past) - _whole(past, room)
    if room < LEAST_ROOM or summed(past) >= older:
        return 0
    return len(past) - _fitting(past, room // 2)


def summed(past: Sequence[Exchange]) -> int:
    """How many of the oldest turns the latest summary stands for."""
    return next((end for end in range(len(past), 0, -1) if past[end - 1].summary), 0)


def longest_summary(room: int) -> int:
    """Tokens that a summary may take, of the room that the past has."""
    return int(room * SHORTENED_SHARE)


@functools.lru_cache(_CACHED)
def first_sentences(answer: str) -> str:
    """What stands for an answer where no model has summed it up, on one line."""
    text = marks.without(answer[:_READ_CHARS]).strip()
    end = next((end for _, end in sentences(text) if end >= _ANSWER_CHARS // 4), len(text))
    return one_line(text[:end], _ANSWER_CHARS)


def _whole(past: Sequence[Exchange], room: int) -> int:
    """How many of the latest turns go in as they were said: all, or those that leave room for the others in short."""
    whole = _fitting(past, room)
    return whole if whole == len(past) else _fitting(past, int(room * (1 - SHORTENED_SHARE)))


def _fitting(past: Sequence[Exchange], room: int) -> int:
    """How many of the latest turns fit as they were said."""
    for count, turn in enumerate(reversed(past)):
        if len(turn.said) > 2 * CHARS_PER_TOKEN * room:  # whatever its marks take
            return count
        room -= _tokens(turn)
        if room < 0:
            return count
    return len(past)


def _tokens(turn: Exchange) -> int:
    """What it takes in a prompt."""
    return _pair_tokens(turn.question, turn.said)


@functools.lru_cache(_CACHED)
def _pair_tokens(question: str, answer: str) -> int:
    return estimate(question) + estimate(_plain(answer)) + 2 * OVERHEAD


def _messages(turns: Sequence[Exchange]) -> list[ChatMessage]:
    """Answers without their marks: the numbers begin anew with each question."""
    return [message for turn in turns for message in _pair(turn.question, _plain(turn.said))]


@functools.lru_cache(_CACHED)
def _plain(answer: str) -> str:
    return marks.without(answer)


def _pair(question: str, answer: str) -> list[ChatMessage]:
    return [
        ChatMessage(role=MessageRole.USER, content=question),
        ChatMessage(role=MessageRole.ASSISTANT, content=answer),
    ]


def _shortened(past: Sequence[Exchange], older: int, room: int) -> tuple[str, int]:
    """What stands for the first `older` turns, in `room` tokens, and how many of them it tells of."""
    summary, summed = _summary(past, older, room)
    told = min(summed, older)
    room -= estimate(summary)
    lines = list[str]()
    for turn in reversed(past[told:older]):
        line = f"- {one_line(turn.question, _QUESTION_CHARS)} {first_sentences(turn.said)}"
        room -= estimate(line)
        if room < 0:
            break
        lines.append(line)
    return "\n".join(filter(None, [summary, *reversed(lines)])), told + len(lines)


def _summary(past: Sequence[Exchange], older: int, room: int) -> tuple[str, int]:
    """The summary that fits and ends closest before what goes in whole, else behind that; how many it stands for."""
    ends = [end for end, turn in enumerate(past, start=1) if turn.summary]
    before, behind = [end for end in ends if end <= older], [end for end in ends if end > older]
    for end in [*reversed(before), *behind]:
        if estimate(text := past[end - 1].summary) <= room:
            return text, end
    return "", 0
