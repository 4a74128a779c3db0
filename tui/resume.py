"""`docmind resume [CHAT] [PATH ...]`: opens the last chat again, or the named one."""

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from docmind.agents.errors import Code, DocmindError

from .arguments import Subparsers
from .chats.opened import opened
from .open import add_options, check_terminal, show

if TYPE_CHECKING:
    from docmind.agents.chats.store import ChatStore
    from docmind.agents.protocol import ChatInfo


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

    chat, roots = found(args, args.chat, args.paths)
    return show(args, roots, chat.id)


def found(args: Namespace, named: str, paths: Sequence[Path]) -> "tuple[ChatInfo, list[Path]]":
    """The chat that is named, else the last one on these folders, and the folders: these, else its own.

    Raises DocmindError: NO_CHAT, NO_FOLDER, and as the store does.
    """
    from docmind.agents.library.finder import resolve

    roots = resolve(paths) if paths else []
    with opened(args) as store:
        chat = store.chat(named) if named else last(store, roots)
    return chat, roots or _folders(chat)


def last(store: "ChatStore", roots: Sequence[Path] = ()) -> "ChatInfo":
    """The chat that was changed last, of those on exactly these folders, if any. Raises DocmindError (NO_CHAT)."""
    chats = store.chats(roots or None, pinned_first=False, limit=1)
    if not chats:
        where = "on these folders " if roots else ""
        raise DocmindError(Code.NO_CHAT, f"There is no chat {where}to come back to.", "`docmind` opens a new one.")
    return chats[0]


def _folders(chat: "ChatInfo") -> list[Path]:
    """The chat's own. Raises DocmindError (NO_FOLDER) when they are gone."""
    from docmind.agents.library.finder import resolve

    try:
        return resolve([Path(os.fsdecode(root)) for root in chat.roots])
    except DocmindError as error:
        error.hint = f"Name another folder for it, as in `docmind resume {chat.id[:8]} PATH`."
        raise
