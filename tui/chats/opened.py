"""The chats as the commands see them: the opened store, how a chat is told in a line, and as JSON."""

import asyncio
import os
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from docmind.agents.text import one_line

from ..arguments import data_dir
from ..columns import GAP, columns
from ..places import folders_named
from ..terminal import DIM, notice, say, width

if TYPE_CHECKING:
    from docmind.agents.chats.store import ChatStore
    from docmind.agents.protocol import ChatInfo, TurnState

SHORT = 8
"""Characters of a chat's name, or of an answer's, that are shown; more are taken, too."""
_HEAD = ("chat", "changed", "answers", "profile", "", "folder", "title")
_FOLDER, _PROFILE, _TITLE = 28, 20, 60
"""Most characters of a cell."""
_LEAST_TITLE = 20


def opened(args: Namespace, mode: Literal["ro", "rw"] = "ro") -> "ChatStore":
    """The chats of the data folder. Raises DocmindError, as the store does."""
    from docmind.agents.chats.schema import chats_file
    from docmind.agents.chats.store import ChatStore

    store = ChatStore(chats_file(data_dir(args)), mode)
    if store.notice:
        notice(store.notice, DIM)
    return store


def tell_screens(args: Namespace, chats: Iterable[str]) -> None:
    """That these chats have changed; where no engine runs, nobody looks at them."""
    from docmind.agents.endpoint import is_running

    if is_running(data_dir(args)):
        from docmind.agents.client import tell
        from docmind.agents.protocol import Changed

        asyncio.run(tell(data_dir(args), Changed(chats=list(chats))))


def state_of(state: "TurnState | None", args: Namespace) -> "TurnState | None":
    """As it is now: where no engine runs, nothing goes on."""
    from docmind.agents.endpoint import is_running

    return "broken" if state == "going on" and not is_running(data_dir(args)) else state


def moment(at: float) -> str:
    """`2026-11-21 12:04`."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def moment_json(at: float | None) -> str | None:
    """`2026-11-21T11:04:00Z`."""
    return None if at is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def named(chat: "ChatInfo") -> str:
    """`3f2a9c1d  Which colour has the pump?`"""
    return f"{chat.id[:SHORT]}  {one_line(chat.title, _TITLE) or 'untitled'}"


def folders_of(chat: "ChatInfo") -> str:
    """The folders of the chat, with ~ for the home folder."""
    return one_line(folders_named([Path(os.fsdecode(root)) for root in chat.roots]), 500)


def say_table(chats: Sequence["ChatInfo"], args: Namespace) -> None:
    """A line for each chat; on a terminal, of its width."""
    rows = [_row(chat, args) for chat in chats]
    head, *lines = columns([_HEAD[:-1], *(row[:-1] for row in rows)], left=(0, 1, 3, 4, 5))
    indent = max(map(len, (head, *lines))) + len(GAP)
    room = min(max(width() - indent, _LEAST_TITLE), _TITLE) if sys.stdout.isatty() else _TITLE
    say(f"{head:<{indent}}{_HEAD[-1]}", DIM)
    for line, row in zip(lines, rows, strict=True):
        say(f"{line:<{indent}}{one_line(row[-1], room)}")


def _row(chat: "ChatInfo", args: Namespace) -> tuple[str, ...]:
    state = state_of(chat.state, args)
    marks = [mark for mark, holds in (("pinned", chat.pinned), (state or "", state not in ("done", None))) if holds]
    return (
        chat.id[:SHORT],
        moment(chat.changed_at),
        f"{chat.turns:,}",
        one_line(chat.profile, _PROFILE),
        ", ".join(marks),
        _short(folders_of(chat)),
        one_line(chat.title),
    )


def _short(folder: str) -> str:
    """Its end says most."""
    return folder if len(folder) <= _FOLDER else "…" + folder[1 - _FOLDER :]


def as_json(chats: Iterable["ChatInfo"], args: Namespace) -> list[dict[str, Any]]:
    """As docs/chats.md describes it."""
    return [
        {
            "id": chat.id,
            "title": chat.title,
            "folders": [os.fsdecode(root) for root in chat.roots],
            "made_at": moment_json(chat.made_at),
            "changed_at": moment_json(chat.changed_at),
            "turns": chat.turns,
            "profile": chat.profile,
            "state": state_of(chat.state, args),
            "pinned": chat.pinned,
            "archived": chat.archived,
            "deleted_at": moment_json(chat.deleted_at),
        }
        for chat in chats
    ]
