"""`docmind resume [CHAT] [PATH ...]`: opens the last chat again, or the named one."""

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from docmind.agents.errors import Code, DocmindError

from .arguments import Subparsers, data_dir
from .open import add_options, check_terminal, show

if TYPE_CHECKING:
    from docmind.agents.protocol import ChatInfo

_SEARCHED = 1000
"""Chats among which the last one is looked for: pinned ones come first in the list."""


def add_parsers(commands: Subparsers) -> None:
    """Adds `resume`."""
    resume = commands.add_parser("resume", help="open the last chat again, or the one that is named")
    resume.add_argument("chat", metavar="CHAT", nargs="?", default="", help="the name of a chat, or its beginning")
    resume.add_paths("folders or files; with them the last chat on exactly these (default: the chat's own)")
    add_options(resume)
    resume.set_defaults(run=run_resume)


def run_resume(args: Namespace) -> int:
    """Until the user leaves. Raises DocmindError, and what a bug in the screen raised."""
    check_terminal()
    if args.chat and os.path.exists(args.chat):  # it is the first of the folders
        args.chat, args.paths = "", [Path(args.chat), *args.paths]

    from docmind.agents.library.finder import resolve

    roots = resolve(args.paths) if args.paths else []
    chat = _found(args, roots)
    return show(args, roots or _folders(chat), chat.id)


def _found(args: Namespace, roots: list[Path]) -> "ChatInfo":
    """Raises DocmindError (NO_CHAT), and as the store does."""
    from docmind.agents.chats.schema import chats_file
    from docmind.agents.chats.store import ChatStore

    with ChatStore(chats_file(data_dir(args))) as store:
        if args.chat:
            return store.chat(args.chat)
        chats = store.chats(roots or None, limit=_SEARCHED)
    if not chats:
        where = "on these folders " if roots else ""
        raise DocmindError(Code.NO_CHAT, f"There is no chat {where}to come back to.", "`docmind` opens a new one.")
    return max(chats, key=lambda chat: chat.changed_at)


def _folders(chat: "ChatInfo") -> list[Path]:
    """The chat's own. Raises DocmindError (NO_FOLDER) when they are gone."""
    from docmind.agents.library.finder import resolve

    try:
        return resolve([Path(os.fsdecode(root)) for root in chat.roots])
    except DocmindError as error:
        error.hint = f"`docmind resume {chat.id[:8]} PATH` opens the chat on another folder."
        raise
