"""Chats as a file: nothing of them is lost in it, and it can be taken in again, here or elsewhere."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ..errors import Code, DocmindError
from ..text import one_line
from . import foreign
from .records import ChatInfo, KeptTurn, Summary
from .secrets import Secrets
from .store import ChatStore
from .writing import ChatWriter

KIND, VERSION = "chats", 1


class KeptChat(msgspec.Struct, frozen=True, kw_only=True):
    """A chat with all its branches, each turn after the one that it follows."""

    chat: ChatInfo
    turns: list[KeptTurn]
    summaries: list[Summary] = []


class ChatFile(foreign.Header, frozen=True, kw_only=True):
    """The file. Its chats are decoded one after the other."""

    chats: list[msgspec.Raw]


class _Begun(msgspec.Struct, frozen=True):
    """As much of a chat as says which one it is."""

    chat: ChatInfo


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file."""

    added: list[ChatInfo]
    known: list[ChatInfo]
    """Those that are there already, which stay as they are."""


def kept(store: ChatStore, chat: ChatInfo) -> KeptChat:
    """The whole chat. Raises DocmindError."""
    with store.reading():
        turns, summaries = store.turns(chat.id), store.summaries(chat.id)
    return KeptChat(chat=chat, turns=turns, summaries=list(summaries.values()))


def pieces(chats: Iterable[KeptChat], secrets: Secrets) -> Iterator[bytes]:
    """The file, a line for each chat: one JSON object, which need not be in memory at once."""
    yield b'{"docmind": "%s", "version": %d, "chats": [' % (KIND.encode(), VERSION)
    for number, chat in enumerate(chats):
        yield (b",\n" if number else b"\n") + msgspec.json.encode(secrets.hide_in(chat))
    yield b"\n]}\n"


def take_in(data: bytes, store: ChatWriter, secrets: Secrets) -> Taken:
    """Adds the chats that are not there yet: all of them, or none. One that was deleted elsewhere is not here.

    Raises DocmindError: FILE_REFUSED, FILE_NEWER, CHAT_EXISTS where an answer of a new chat is in another one here, and
    as the store does.
    """
    file = foreign.decode(data, KIND, VERSION, ChatFile)
    # Those that were changed last are added last, and so stand first in the list.
    begun = sorted(
        ((foreign.convert(raw, _Begun).chat, raw) for raw in file.chats), key=lambda pair: pair[0].changed_at
    )
    if len({chat.id for chat, _ in begun}) < len(begun):
        raise foreign.refused("It holds the same chat twice.")
    for _, raw in begun:  # before anybody has to wait
        _check(foreign.convert(raw, KeptChat))
    added, known = list[ChatInfo](), list[ChatInfo]()
    with store.transaction():
        for chat, raw in begun:
            if store.holds(chat.id):
                known.append(store.chat(chat.id))
            else:
                _add(store, secrets.hide_in(foreign.convert(raw, KeptChat)))
                added.append(store.chat(chat.id))
    return Taken(added=added[::-1], known=known[::-1])


def _add(store: ChatWriter, chat: KeptChat) -> None:
    try:
        store.put(msgspec.structs.replace(chat.chat, deleted_at=None), chat.turns, chat.summaries)
    except DocmindError as error:
        if error.code != Code.CHAT_EXISTS:
            raise
        message = f"Answers of the chat {one_line(chat.chat.title, 60)!r} are in another chat here; nothing was taken."
        raise DocmindError(Code.CHAT_EXISTS, message, "Take this chat out of the file.") from error


def _check(kept: KeptChat) -> None:
    """Raises DocmindError (FILE_REFUSED)."""
    foreign.check_text(kept)
    _check_chat(kept.chat)
    runs = set[str]()
    for turn in kept.turns:
        foreign.check_turn(turn)
        if turn.run in runs or (turn.parent is not None and turn.parent not in runs):
            raise foreign.refused("The answers of a chat do not follow each other.")
        runs.add(turn.run)
    _check_names(kept, runs)


def _check_chat(chat: ChatInfo) -> None:
    foreign.check_id(chat.id)
    for at in (chat.made_at, chat.changed_at, chat.deleted_at or 0.0):
        foreign.check_time(at)
    for root in chat.roots:
        foreign.check_root(root)


def _check_names(kept: KeptChat, runs: set[str]) -> None:
    named: Sequence[str | None] = [kept.chat.head, *(summary.run for summary in kept.summaries)]
    if not {name for name in named if name is not None} <= runs:
        raise foreign.refused("A chat names answers that it does not hold.")
