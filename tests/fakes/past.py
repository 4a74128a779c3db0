"""Chats for the tests of their list: kept as the engine keeps them."""

from collections.abc import Iterable
from pathlib import Path

from docmind.agents.chats.records import ChatInfo
from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.errors import Code
from docmind.agents.protocol import Failed, Token

from .chats import answered, timed

NOW = 1_700_000_000.0
"""Unix time at which the tests look at the list."""


def keep(
    data_dir: Path,
    chat: str,
    question: str,
    answer: str = "It is blue.",
    *,
    roots: Iterable[bytes] = (b"/papers",),
    at: float = NOW - 3600,
    turns: int = 1,
    broken: bool = False,
    going_on: bool = False,
) -> None:
    """A chat of so many questions, of which the first is its title; `broken` and `going_on` tell of the last."""
    with ChatWriter(chats_file(data_dir)) as store:
        store.begin(ChatInfo(id=chat, title=question, roots=list(roots), made_at=at, changed_at=at))
        for number in range(turns):
            run, parent = f"{chat}-{number}", f"{chat}-{number - 1}" if number else None
            store.ask(run, chat, parent, question if not number else f"And number {number}?", at)
            failed = Failed(run=run, code=Code.ENGINE_LOST, message="The engine ended.")
            end = failed if broken else answered(run, answer, "balanced")
            store.append(run, timed(Token(run=run, text=answer), *([] if going_on else [end])))
            if not going_on:
                store.finish(run)
        with store.transaction() as db:
            db.execute("UPDATE chat SET changed_at = ? WHERE id = ?", (at, chat))
