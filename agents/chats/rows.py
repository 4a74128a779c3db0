"""Chats and turns as rows of the store, and back."""

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..errors import Code
from ..protocol.kept import ChatInfo, KeptTurn, TimedEvent
from ..protocol.run_events import Failed, Token

CHAT = "id, title, titled_by, roots, made_at, changed_at, head, turns, profile, pinned, archived, deleted_at, state"
"""The columns of a ChatInfo, in its order."""
TURN = "run, parent, question, asked_at, state, answer, profile, model"
"""The columns of a KeptTurn, in its order."""

_chat_fields = [field.name for field in msgspec.structs.fields(ChatInfo)]
_turn_fields = TURN.split(", ")
_BLOCK = 256
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[TimedEvent] = msgspec.json.Decoder(TimedEvent)


def info(row: Sequence[Any]) -> ChatInfo:
    """Raises msgspec.ValidationError."""
    fields = dict(zip(_chat_fields, row, strict=True))
    fields["roots"] = fields["roots"].split(b"\0") if fields["roots"] else []
    return msgspec.convert(fields, ChatInfo, strict=False)


def turn(row: Sequence[Any], chat: str) -> KeptTurn:
    """Without its events. Raises msgspec.ValidationError."""
    return msgspec.convert(dict(zip(_turn_fields, row, strict=True)) | {"chat": chat}, KeptTurn)


def roots_key(roots: Iterable[bytes | Path]) -> bytes:
    """The folders as one value, the same whatever their order; no file name holds a NUL."""
    return b"\0".join(sorted({os.fsencode(root) for root in roots}))


def holds(title: str, words: str) -> bool:
    """Whether a title has each of the words, small and large letters alike; SQLite's own LIKE knows those of ASCII."""
    return all(word in title.casefold() for word in words.split())


def to_lines(events: Iterable[TimedEvent]) -> bytes:
    return _encoder.encode_lines(events)


def compressed(events: Iterable[TimedEvent]) -> bytes:
    """As they are kept once the turn has ended."""
    return zlib.compress(to_lines(events))


def events_of(connection: sqlite3.Connection, n: int) -> list[TimedEvent] | None:
    """The events of the turn in the row `n`; None where nothing at all is kept of them. Damaged ones are left out.

    Raises sqlite3.Error.
    """
    kept = connection.execute("SELECT lines FROM record WHERE turn = ?", (n,)).fetchone()
    new = connection.execute("SELECT lines FROM event WHERE turn = ? ORDER BY n", (n,)).fetchall()
    if kept is None and not new:
        return None
    return _from_lines((_decompressed(kept[0]) if kept else b"") + b"".join(lines for (lines,) in new))


def stand_in(turn: KeptTurn) -> list[TimedEvent]:
    """Events for a turn whose own are lost."""
    message = "The record of this answer is damaged; its text is all that is left."
    failed = Failed(run=turn.run, code=Code.CHATS_DAMAGED, message=message)
    return [TimedEvent(0.0, Token(run=turn.run, text=turn.answer)), TimedEvent(0.0, failed)]


def _decompressed(lines: bytes) -> bytes:
    """As far as it can be read."""
    reader, found = zlib.decompressobj(), b""
    with contextlib.suppress(zlib.error):
        for start in range(0, len(lines), _BLOCK):
            found += reader.decompress(lines[start : start + _BLOCK])
    return found


def _from_lines(lines: bytes) -> list[TimedEvent]:
    try:
        return _decoder.decode_lines(lines)
    except ValueError:  # also what is no UTF-8
        return list(_readable(lines.split(b"\n")))


def _readable(lines: Iterable[bytes]) -> Iterator[TimedEvent]:
    for line in lines:
        with contextlib.suppress(ValueError):
            yield _decoder.decode(line)
