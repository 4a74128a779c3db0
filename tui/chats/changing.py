"""`docmind chats rename`, `delete`, `pin` and `archive`: the small changes that a user makes to a chat."""

import time
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import one_line

from ..terminal import DIM, notice, say, say_json
from .opened import SHORT, named, opened, tell_screens

if TYPE_CHECKING:
    from docmind.agents.chats.store import ChatStore


def run_rename(args: Namespace) -> int:
    """Raises DocmindError: USAGE for an empty title, NO_CHAT, and as the store does."""
    from docmind.agents.chats.store import LONGEST_TITLE

    title = one_line(args.title, LONGEST_TITLE)
    if not title:
        raise DocmindError(Code.USAGE, "The title is empty.", "Write it in quotation marks.")
    with opened(args, "rw") as store:
        chat = store.chat(args.chat)
        store.rename(chat.id, title)
    tell_screens(args, [chat.id])
    if args.json:
        say_json({"id": chat.id, "title": title})
    else:
        say(f"{chat.id[:SHORT]}  {title}")
    return 0


def run_delete(args: Namespace) -> int:
    """All of the chats, or none. Raises DocmindError."""
    now = time.time()
    _change(
        args,
        ("deleted", "restored"),
        lambda store, chat: store.undelete(chat) if args.undo else store.delete(chat, now),
    )
    if not args.undo:
        names = " ".join(one_line(name) for name in args.chats)
        notice(f"They can be had back for 30 days: docmind chats delete --undo {names}", DIM)
    return 0


def run_pin(args: Namespace) -> int:
    """All of the chats, or none. Raises DocmindError."""
    _change(args, ("pinned", "unpinned"), lambda store, chat: store.pin(chat, not args.undo))
    return 0


def run_archive(args: Namespace) -> int:
    """All of the chats, or none. Raises DocmindError."""
    _change(args, ("archived", "listed"), lambda store, chat: store.archive(chat, not args.undo))
    return 0


def _change(args: Namespace, did: tuple[str, str], change: "Callable[[ChatStore, str], None]") -> None:
    """`did`: what was done to them, and what by --undo. Raises DocmindError."""
    with opened(args, "rw") as store:
        chats = [store.chat(name) for name in args.chats]
        with store.transaction():
            for chat in chats:
                change(store, chat.id)
    tell_screens(args, [chat.id for chat in chats])
    if args.json:
        say_json({did[args.undo]: [chat.id for chat in chats]})
    else:
        for chat in chats:
            say(f"{did[args.undo]}: {named(chat)}")
