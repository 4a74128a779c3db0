"""Chats and turns as rows of the store, and back."""

import os
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..protocol.kept import ChatInfo, KeptTurn, TimedEvent

CHAT = """chat.id, chat.title, chat.titled_by, chat.roots, chat.made_at, chat.changed_at, chat.head, chat.turns,
    chat.profile, chat.pinned, chat.archived, chat.deleted_at, turn.state"""
"""The columns of a ChatInfo, in its order, from `chat LEFT JOIN turn`."""
TURN = "run, parent, question, asked_at, state, answer, profile, model"
"""The columns of a KeptTurn, in its order."""

_chat_fields = [field.name for field in msgspec.structs.fields(ChatInfo)]
_turn_fields = TURN.split(", ")
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[TimedEvent] = msgspec.json.Decoder(TimedEvent)


def info(row: Sequence[Any]) -> ChatInfo:
    """Raises msgspec.ValidationError."""
    fields = dict(zip(_chat_fields, row, strict=True))
    fields["roots"] = fields["roots"].split(b"\0") if fields["roots"] else []
    return msgspec.convert(fields, ChatInfo, strict=False)


def turn(row: Sequence[Any], chat: str, events: list[TimedEvent]) -> KeptTurn:
    """Raises msgspec.ValidationError."""
    fields = dict(zip(_turn_fields, row, strict=True))
    return msgspec.convert(fields | {"chat": chat, "events": events}, KeptTurn)


def roots_key(roots: Iterable[bytes | Path]) -> bytes:
    """The folders as one value, the same whatever their order; no file name holds a NUL."""
    return b"\0".join(sorted({os.fsencode(root) for root in roots}))


def to_lines(events: Iterable[TimedEvent]) -> bytes:
    return _encoder.encode_lines(events)


def compressed(events: Iterable[TimedEvent]) -> bytes:
    """As they are kept once the turn has ended."""
    return zlib.compress(to_lines(events))


def from_lines(lines: bytes) -> list[TimedEvent]:
    """Raises msgspec.DecodeError."""
    return _decoder.decode_lines(lines)


def events_of(connection: sqlite3.Connection, n: int) -> list[TimedEvent]:
    """The events of the turn in the row `n`. Raises sqlite3.Error, msgspec.DecodeError, zlib.error."""
    kept = connection.execute("SELECT lines FROM record WHERE turn = ?", (n,)).fetchone()
    new = connection.execute("SELECT lines FROM event WHERE turn = ? ORDER BY n", (n,)).fetchall()
    return from_lines((zlib.decompress(kept[0]) if kept else b"") + b"".join(lines for (lines,) in new))
