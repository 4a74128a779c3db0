"""Makes the messages of an agent's step fit the context window of the backend that is asked."""

from collections.abc import Sequence

from llama_index.core.llms import ChatMessage, MessageRole

from ..prompt import OBSERVATION
from ..tokens import estimate

LEFT_OUT = f"{OBSERVATION} (left out: the context window is full; look it up again if you need it)"
QUESTION_SHARE = 0.4
"""Of a window, for what is never left out; the rest is for the passages of a look-up (0.35) and the answer (0.25)."""
OVERHEAD = 8
"""Tokens that a chat template adds to a message, about."""
PASSAGES_SHARE = 0.35
"""Share of the context window that the passages of one tool call may fill, so that two calls and the answer fit."""


def fit(messages: Sequence[ChatMessage], budget: int) -> list[ChatMessage]:
    """The messages within `budget` tokens (estimated).

    What goes first: the oldest observations of this question, then the end of the last one. All other messages stay; so
    the result may still be over a very small budget.
    """
    fitted = list(messages)
    for shorten in (_empty_observations, _cut_last_observation):
        if size(fitted) <= budget:
            break
        fitted = shorten(fitted, budget)
    return fitted


def least_window(messages: Sequence[ChatMessage]) -> int:
    """Tokens of the smallest window in which this question can be answered from passages."""
    return round(size(fit(messages, 0)) / QUESTION_SHARE)


def answer_reserve(max_tokens: int, window: int) -> int:
    """Tokens of the window that are kept for the reply."""
    return min(max_tokens, window // 4)


def room(messages: Sequence[ChatMessage], window: int, answer: int) -> int:
    """Tokens that earlier turns may take beside these messages; 0 or less: none.

    `answer` tokens of the window are kept for the reply, and PASSAGES_SHARE of it for a tool call's passages, as far as
    the messages hold none yet.
    """
    found = size([message for message in messages if _is_observation(message)])
    return window - answer - size(messages) - max(int(window * PASSAGES_SHARE) - found, 0)


def size(messages: Sequence[ChatMessage]) -> int:
    """Tokens of a prompt, estimated."""
    return sum(estimate(message.content or "") + OVERHEAD for message in messages)


def _is_observation(message: ChatMessage) -> bool:
    return message.role == MessageRole.USER and (message.content or "").startswith(OBSERVATION)


def _empty_observations(messages: list[ChatMessage], budget: int) -> list[ChatMessage]:
    *older, _ = [i for i, m in enumerate(messages) if _is_observation(m)] or [0]
    for i in older:
        if size(messages) <= budget:
            break
        messages = [*messages[:i], ChatMessage(role=MessageRole.USER, content=LEFT_OUT), *messages[i + 1 :]]
    return messages


def _cut_last_observation(messages: list[ChatMessage], budget: int) -> list[ChatMessage]:
    last = max((i for i, m in enumerate(messages) if _is_observation(m)), default=None)
    if last is None:
        return messages
    text = messages[last].content or ""
    over = size(messages) - budget
    keep = max(len(OBSERVATION), int(len(text) * (1 - over / estimate(text))))
    return [*messages[:last], ChatMessage(role=MessageRole.USER, content=text[:keep]), *messages[last + 1 :]]
