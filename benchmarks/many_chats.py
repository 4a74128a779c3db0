"""Makes a store with many chats: always the same, with words as often as in a language (Zipf's law)."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from collection import vocabulary

from docmind.agents.chats.records import ChatInfo, KeptTurn, TimedEvent
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.protocol import Answered, AnyRunEvent, Meter, Token, ToolCalled, ToolReturned
from docmind.agents.records import Passage, Timings, Usage

AT_ONCE = 50
"""Chats in a transaction."""


def make(file: Path, chats: int, turns: int) -> None:
    """So many chats with so many questions each, every one answered from two passages."""
    rng, texts = random.Random(2), _texts()
    with ChatWriter(file) as store:
        for first in range(0, chats, AT_ONCE):
            with store.transaction():
                for number in range(first, min(first + AT_ONCE, chats)):
                    store.put(*_chat(number, turns, texts, rng))


def _texts() -> Iterator[str]:
    """Endless texts of 84 words: six sentences."""
    words = np.array(vocabulary(random.Random(0)), dtype=object)
    shares = 1 / (np.arange(len(words)) + 2.7)
    generator = np.random.default_rng(1)
    while True:
        for text in generator.choice(words, (1000, 6, 14), p=shares / shares.sum()):
            yield ". ".join(" ".join(sentence).capitalize() for sentence in text) + "."


def _chat(number: int, turns: int, texts: Iterator[str], rng: random.Random) -> tuple[ChatInfo, list[KeptTurn]]:
    kept = list[KeptTurn]()
    for n in range(turns):
        kept.append(_turn(f"{number:016x}{n:016x}", kept[-1].run if kept else None, texts, rng))
    chat = ChatInfo(
        id=f"{rng.getrandbits(128):032x}",
        title=kept[0].question,
        roots=[b"/home/me/papers"],
        made_at=1e9 + number,
        changed_at=1e9 + number,
        head=kept[-1].run,
        profile="balanced",
    )
    return chat, kept


def _turn(run: str, parent: str | None, texts: Iterator[str], rng: random.Random) -> KeptTurn:
    answer, question = next(texts), next(texts).partition(". ")[0] + "?"
    pieces = [answer[start : start + 24] for start in range(0, len(answer), 24)]
    passages = [Passage(path=f"papers/{rng.randrange(99)}.md", text=next(texts), lines=(1, 9), n=n) for n in (1, 2)]
    done = Answered(
        run=run,
        answer=answer,
        profile="balanced",
        model="llama3.1:8b",
        citations=[],
        steps=[],
        attempts=[],
        usage=Usage(),
        timings=Timings(),
    )
    events: list[AnyRunEvent] = [
        ToolCalled(run=run, call="1", tool="search_documents", input={"query": question}),
        ToolReturned(run=run, call="1", passages=passages, seconds=0.01),
        Meter(run=run, profile="balanced", context_used=900, context_window=8192),
        *(Token(run=run, text=piece) for piece in pieces),
        done,
    ]
    return KeptTurn(
        run=run,
        parent=parent,
        question=question,
        asked_at=1e9,
        state="done",
        answer=answer,
        profile="balanced",
        model="llama3.1:8b",
        events=[TimedEvent(round(0.04 * n, 3), event) for n, event in enumerate(events)],
    )
