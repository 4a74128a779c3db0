"""What the list of chats reads and changes, straight in the file of the chats: the engine need not be there.

All of it may take as long as a disk takes: it is called in a thread. Every function raises DocmindError.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from docmind.agents.chats.records import ChatInfo, Hit
from docmind.agents.chats.search import search
from docmind.agents.chats.store import ChatStore

PAGE = 100
"""Chats that are read at once."""
MOST_HITS = 50
"""Places that a search shows."""
SHORTEST = 2
"""Letters from which on all that was said is searched; of scripts in which one may be a word, a single one will do."""

View = Literal["kept", "archived", "deleted"]


class Wanted(NamedTuple):
    """Which chats are listed."""

    words: str = ""
    """Those whose title holds each of them."""
    roots: tuple[bytes, ...] | None = None
    """Those on exactly these folders; None: on any."""
    view: View = "kept"


def page(file: Path, wanted: Wanted, offset: int = 0) -> list[ChatInfo]:
    """The chats from `offset` on, PAGE at most, in the order of the list."""
    with ChatStore(file) as store:
        return store.chats(
            wanted.roots,
            archived=wanted.view == "archived",
            deleted=wanted.view == "deleted",
            words=wanted.words,
            limit=PAGE,
            offset=offset,
        )


def again(file: Path, wanted: Wanted, shown: Iterable[str]) -> tuple[list[ChatInfo], list[ChatInfo]]:
    """The chats that are not shown yet, and those that are, as they are now; both in their order.

    Those that are shown are told wherever they belong now; one that is there no more is left out.
    """
    with ChatStore(file) as store:
        kept = {chat: info for chat in shown if (info := _kept(store, chat))}
    return [chat for chat in page(file, wanted) if chat.id not in kept], list(kept.values())


def said(file: Path, words: str) -> list[Hit]:
    """Where in all chats these words were said; the last word may be only its beginning."""
    if len(words.strip()) < SHORTEST and words.isascii():
        return []
    with ChatStore(file) as store:
        return search(store, words, MOST_HITS, typing=True)


def infos(file: Path, chats: Iterable[str]) -> list[ChatInfo]:
    """These chats as they are now."""
    with ChatStore(file) as store:
        return [store.chat(chat) for chat in chats]


def _kept(store: ChatStore, chat: str) -> ChatInfo | None:
    return store.chat(chat) if store.holds(chat) else None


def change(file: Path, chat: str, work: Callable[[ChatStore, ChatInfo], object]) -> ChatInfo:
    """Changes a chat; `work` gets it as it is before that. How it is now."""
    with ChatStore(file, "rw") as store, store.transaction():
        work(store, store.chat(chat))
        return store.chat(chat)
