"""Makes the messages of an agent's step fit the context window of the backend that is asked."""

from collections.abc import Sequence

from llama_index.core.llms import ChatMessage, MessageRole

from ..prompt import OBSERVATION, is_written_by_agent
from ..tokens import estimate

LEFT_OUT = f"{OBSERVATION} (left out: the context window is full; look it up again if you need it)"
QUESTION_SHARE = 0.4
"""Of a window, for what is never left out; the rest is for the passages of a look-up (0.35) and the answer (0.25)."""
OVERHEAD = 8
"""Tokens that a chat template adds to a message, about."""


def fit(messages: Sequence[ChatMessage], budget: int) -> list[ChatMessage]:
    """The messages within `budget` tokens (estimated).

    What goes first: the oldest earlier turns, then the oldest observations of this question, then the end of the last
    observation. The system message and the question always stay; so the result may still be over a very small budget.
    """
    fitted = list(messages)
    for shorten in (_drop_history, _empty_observations, _cut_last_observation):
        if size(fitted) <= budget:
            break
        fitted = shorten(fitted, budget)
    return fitted


def least_window(messages: Sequence[ChatMessage]) -> int:
    """Tokens of the smallest window in which this question can be answered from passages."""
    return round(size(fit(messages, 0)) / QUESTION_SHARE)


def size(messages: Sequence[ChatMessage]) -> int:
    """Tokens of a prompt, estimated."""
    return sum(estimate(message.content or "") + OVERHEAD for message in messages)


def _is_observation(message: ChatMessage) -> bool:
    return message.role == MessageRole.USER and (message.content or "").startswith(OBSERVATION)


def _question(messages: Sequence[ChatMessage]) -> int:
    """Index of the user's question: the last message that the user wrote."""
    users = (
        i for i, m in enumerate(messages) if m.role == MessageRole.USER and not is_written_by_agent(m.content or "")
    )
    return max(users, default=len(messages) - 1)


def _drop_history(messages: list[ChatMessage], budget: int) -> list[ChatMessage]:
    history = _question(messages) - 1
    while history > 0 and size(messages) > budget:
        messages = [messages[0], *messages[2:]]
        history -= 1
    return messages


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
