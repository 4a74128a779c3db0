"""Chats for the tests of the store."""

from collections.abc import Iterable
from pathlib import Path

from docmind.agents.chats.records import ChatInfo, TimedEvent
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.protocol import CANCELLED, Answered, AnyRunEvent, Failed, Meter, Token
from docmind.agents.records import Timings, Usage

ROOT = b"/papers"


def some_chat(chat: str = "c1", title: str = "Pumps", at: float = 1000.0, roots: Iterable[bytes] = (ROOT,)) -> ChatInfo:
    return ChatInfo(id=chat, title=title, roots=list(roots), made_at=at, changed_at=at)


def answered(run: str, answer: str, profile: str = "fast") -> Answered:
    return Answered(
        run=run,
        answer=answer,
        profile=profile,
        model="tiny",
        citations=[],
        steps=[],
        attempts=[],
        usage=Usage(),
        timings=Timings(),
    )


def stopped(run: str) -> Failed:
    return Failed(run=run, code=CANCELLED, message="Stopped.")


def timed(*events: AnyRunEvent) -> list[TimedEvent]:
    return [TimedEvent(at=number / 10, event=event) for number, event in enumerate(events)]


def writing(run: str, text: str) -> list[TimedEvent]:
    """The events of an answer that goes on: a token a word."""
    words = [Token(run=run, text=word) for word in text.split(" ")]
    return timed(Meter(run=run, profile="fast", context_used=1, context_window=10), *words)


def say(
    file: Path, question: str, answer: str = "Blue.", *, run: str, chat: str = "c1", parent: str | None = None
) -> None:
    """A finished turn; its chat is made when it is missing."""
    with ChatWriter(file) as store:
        store.begin(some_chat(chat))
        store.ask(run, chat, parent, question, 1000.0)
        store.append(run, timed(Token(run=run, text=answer), answered(run, answer)))
        store.finish(run)


class Telling:
    """What a journal has told."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __call__(self, problem: str) -> None:
        self.problems.append(problem)
