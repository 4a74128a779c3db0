"""A chat once more, under names of its own. Pure."""

import uuid
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from ..protocol import CANCELLED, Failed
from .records import ChatInfo, KeptTurn, Summary, TimedEvent


class Copy(NamedTuple):
    """A new chat."""

    info: ChatInfo
    turns: list[KeptTurn]
    summaries: dict[str, Summary]
    """By turn."""


def copied(info: ChatInfo, turns: Iterable[KeptTurn], summaries: Mapping[str, Summary], now: float) -> Copy:
    """All branches of this chat. An answer that goes on there is stopped here. `now`: Unix time."""
    chat, kept = uuid.uuid4().hex, list(turns)
    names = {turn.run: uuid.uuid4().hex for turn in kept}
    new = [_copied(turn, names, chat) for turn in kept]
    head = names.get(info.head or "")
    state = next((turn.state for turn in new if turn.run == head), None)
    own = {"id": chat, "head": head, "state": state, "turns": len(new), "made_at": now, "changed_at": now}
    plain = {"pinned": False, "archived": False, "deleted_at": None}
    return Copy(
        msgspec.structs.replace(info, title=f"{info.title} (copy)", **own, **plain),
        new,
        {names[run]: msgspec.structs.replace(summary, run=names[run]) for run, summary in summaries.items()},
    )


def _copied(turn: KeptTurn, names: dict[str, str], chat: str) -> KeptTurn:
    run = names[turn.run]
    events = [TimedEvent(timed.at, msgspec.structs.replace(timed.event, run=run)) for timed in turn.events]
    goes_on = turn.state == "going on"
    if goes_on:
        at = events[-1].at if events else 0.0
        events.append(TimedEvent(at, Failed(run=run, code=CANCELLED, message="Stopped.")))
    return msgspec.structs.replace(
        turn,
        run=run,
        parent=names.get(turn.parent or ""),
        chat=chat,
        state="stopped" if goes_on else turn.state,
        events=events,
    )
