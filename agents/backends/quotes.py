"""The backend without a model: it answers with the passages' own words, quoted and cited. It cannot be down.

It speaks ReAct like a model, so that the agent needs no second path: first it asks for a search with the question as
it stands, then it answers with the best excerpts of the passages that the search has shown.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from typing import TYPE_CHECKING

from ..answer_type import answer_type
from ..errors import DocmindError
from ..excerpts import Excerpt, excerpts, rarity_among, weigh
from ..library.terms import content, stems
from ..passages import parse
from ..prompt import OBSERVATION, is_written_by_agent
from ..records import Passage, Usage
from ..tokens import estimate
from .base import Abilities, Backend, Delta, Health, Rarity

if TYPE_CHECKING:
    from llama_index.core.llms import ChatMessage

MAX_QUOTES = 3
# Chosen by benchmarks/quotes.py; values near them did as well.
THRESHOLD = 0.3
"""Least coverage of the question, and at least two of its words, or else the documents say nothing about it."""
EXPECTED = 0.15
"""Added for an excerpt that holds what the question asks for: a number, a date, a name."""
UNFINISHED = 0.8
"""Factor for an excerpt that is no whole sentence: a heading, a line of a table of contents."""
WORD_COST = 0.001
"""Coverage that each word must bring: quotes of 35 words hold as many answers as quotes of 48."""
RELATED = 0.5
"""Share of the best quote's score that another one must have, so that no answer ends off the subject."""

SEARCH = "search_documents"
NOTHING = "The documents say nothing about this question. Other words may find more."
INTRODUCTION = "The documents say:"
BROKE_OFF = "The answer broke off here, and the documents hold no sentence to finish it with."

FENCE = "```"
_STOPS = (".", "!", "?", "…", ":", "。", '"', "”", "’", ")")


class Quotes(Backend):
    """Answers with quotations; see the module."""

    kind = "quotes"
    local = True

    async def health(self) -> Health:
        return Health(state="ready", detail="needs no model")

    async def models(self) -> list[str]:
        return ["quotes"]

    async def model(self) -> str:
        return "quotes"

    async def context(self) -> int:
        return self.profile.context or 32768

    async def abilities(self) -> Abilities:
        return Abilities(continues=True)

    async def stream(self, messages: "Sequence[ChatMessage]", stop: Sequence[str] = ()) -> AsyncGenerator[Delta, None]:
        """One ReAct step, word by word, or quotations after the beginning of another one's answer. Never raises.

        `stop` does not occur in what it writes.
        """
        step = await asyncio.to_thread(_step, messages, self.rarity)
        for word in re.findall(r"\S*\s*", step):
            yield Delta(text=word)
            await asyncio.sleep(0)
        yield Delta(usage=_usage(messages, step))


def _step(messages: "Sequence[ChatMessage]", rarity: Rarity | None) -> str:
    """The search, or once it is done, the answer."""
    question, later = _turn(messages)
    seen: dict[str, Passage] = {}  # by text: a passage may be shown twice, a document be there twice
    for passage in (passage for message in later for passage in _shown(message)):
        seen.setdefault(passage.text, passage)
    quotes = choose(question, list(seen.values()), rarity)
    if messages and messages[-1].role == "assistant":
        return _after(messages[-1].content or "", quotes)
    searched = any(f"Action: {SEARCH}" in (message.content or "") for message in later)
    if quotes or searched:
        return f"Thought: I can answer with the documents' own words.\nAnswer: {_answer(quotes)}"
    query = json.dumps({"query": question}, ensure_ascii=False)
    return f"Thought: I look for passages about the question.\nAction: {SEARCH}\nAction Input: {query}"


def _after(beginning: str, quotes: Sequence[Excerpt]) -> str:
    """What finishes an answer that broke off: its last sentence stays open, and visibly so; a code block is closed."""
    open_end = "" if beginning.endswith(_STOPS) else " …"
    if beginning.count(FENCE) % 2:
        open_end += f"\n{FENCE}"
    return f"{open_end}\n\n{_answer(quotes) if quotes else BROKE_OFF}"


def _turn(messages: "Sequence[ChatMessage]") -> "tuple[str, Sequence[ChatMessage]]":
    """The user's last question and the messages after it."""
    for index in range(len(messages) - 1, -1, -1):
        text = messages[index].content or ""
        if messages[index].role == "user" and not is_written_by_agent(text):
            return " ".join(text.split()), messages[index + 1 :]
    return "", messages


def _shown(message: "ChatMessage") -> list[Passage]:
    text = message.content or ""
    if message.role == "assistant" or not text.startswith(OBSERVATION):
        return []
    return parse(text.removeprefix(OBSERVATION).lstrip(" "))


def _answer(quotes: Sequence[Excerpt]) -> str:
    if not quotes:
        return NOTHING
    return "\n\n".join([INTRODUCTION, *(f"“{quote.text}” [{quote.passage.n}]" for quote in quotes)])


def choose(question: str, passages: Sequence[Passage], rarity: Rarity | None = None) -> list[Excerpt]:
    """At most MAX_QUOTES excerpts that do not overlap, best first; none when the passages are about something else."""
    wanted = content(stems([question])[0])
    found = excerpts(_weights(wanted, passages, rarity), passages)
    if not any(excerpt.coverage >= THRESHOLD and excerpt.found >= min(2, len(wanted)) for excerpt in found):
        return []
    is_answer = answer_type(question)
    ranked = sorted(((_score(excerpt, is_answer), excerpt) for excerpt in found), key=lambda pair: -pair[0])
    return _apart([excerpt for score, excerpt in ranked if score >= RELATED * ranked[0][0]])


def _weights(wanted: Collection[str], passages: Sequence[Passage], rarity: Rarity | None) -> dict[str, float]:
    if rarity:
        with contextlib.suppress(DocmindError):  # the index may have gone since the search
            return weigh(wanted, rarity)
    return weigh(wanted, rarity_among([set(terms) for terms in stems([passage.text for passage in passages])]))


def _apart(ranked: Sequence[Excerpt]) -> list[Excerpt]:
    chosen: list[Excerpt] = []
    for excerpt in ranked:
        taken = any(excerpt.overlaps(other) or excerpt.text == other.text for other in chosen)  # two copies of a file
        if len(chosen) < MAX_QUOTES and not taken:
            chosen.append(excerpt)
    return chosen


def _score(excerpt: Excerpt, is_answer: Callable[[str], bool]) -> float:
    text = excerpt.text
    score = excerpt.coverage + (EXPECTED if is_answer(text) else 0)
    return score * (1 if text.endswith(_STOPS) else UNFINISHED) - excerpt.words * WORD_COST


def _usage(messages: "Sequence[ChatMessage]", text: str) -> Usage:
    asked = "".join(message.content or "" for message in messages)
    return Usage(prompt_tokens=estimate(asked), completion_tokens=estimate(text), estimated=True)
