"""A turn that the engine holds: it takes what happens, and gives all of it to whoever comes later."""

import time
import zlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from ..protocol import Answered, AnyRunEvent, Failed, KeptTurn, Prompted, TimedEvent
from . import rows
from .folding import fold

MOST_ENTERED = 8 * 2**20
"""Bytes of turns that a client gets when it enters a chat, some 300 answers: it has to show them at once."""
MOST_SHOWN = 48 * 2**20
"""Bytes of turns that it gets to see one of them; all come as one event, see LONGEST_LINE in client.py."""
_decoder: msgspec.json.Decoder[TimedEvent] = msgspec.json.Decoder(TimedEvent)


class Exchange(NamedTuple):
    """A question, and what was said to it: what a later prompt needs of it."""

    question: str
    said: str
    run: str = ""
    summary: str = ""
    """What may stand for this exchange and all before it; empty: there is none."""


class LiveTurn:
    """Made of a new turn, or of one that was kept. One that has ended is held compressed: about 3 KB for an answer.

    Prompts are in the store alone: nobody who looks at a chat needs them.
    """

    def __init__(self, turn: KeptTurn) -> None:
        self._turn = msgspec.structs.replace(turn, events=[])
        self._events = [timed for timed in turn.events if not isinstance(timed.event, Prompted)]
        self._record = b""
        self.size = 0
        """Bytes of its events, once it has ended."""
        self._began = time.monotonic()
        self.stopped = False
        """Whether the user has stopped it."""
        if not self.goes_on:
            self._compress()

    @property
    def goes_on(self) -> bool:
        """Whether its answer is still on its way."""
        return self._turn.state == "going on"

    @property
    def turn(self) -> KeptTurn:
        """Without its events; the answer is there when it has ended."""
        return self._turn

    @property
    def exchange(self) -> Exchange:
        """What later prompts need of it."""
        return Exchange(self._turn.question, self._turn.answer, self._turn.run)

    def whole(self) -> KeptTurn:
        """With its events so far."""
        events = _decoder.decode_lines(zlib.decompress(self._record)) if self._record else list(self._events)
        return msgspec.structs.replace(self._turn, events=events)

    def go_on(self) -> None:
        """Its answer is on its way again, after what it holds."""
        self._events = self.whole().events
        self._record, self.stopped = b"", False
        self._began = time.monotonic() - (self._events[-1].at if self._events else 0.0)
        self._turn = msgspec.structs.replace(self._turn, state="going on")

    def take(self, event: AnyRunEvent) -> TimedEvent:
        """What has happened now."""
        timed = TimedEvent(round(time.monotonic() - self._began, 3), event)
        if not isinstance(event, Prompted):
            self._events.append(timed)
        if isinstance(event, Answered | Failed):
            self._turn = msgspec.structs.replace(self._turn, **fold(self._events)._asdict())
            self._compress()
        return timed

    def _compress(self) -> None:
        lines = rows.to_lines(self._events)
        self._record, self.size = zlib.compress(lines, 1), len(lines)
        self._events.clear()


def newest(path: Iterable[LiveTurn], run: str = "") -> list[LiveTurn]:
    """The newest of a path from its end on, oldest first, as many as a client gets at once.

    More, where the turn `run` is among them only then.
    """
    found, least, size = list[LiveTurn](), 0, 0
    for turn in path:
        size += turn.size
        if found and size > (MOST_SHOWN if run else MOST_ENTERED):
            break
        found.append(turn)
        if size <= MOST_ENTERED or not least:
            least = len(found)
        if turn.turn.run == run:
            least, run = max(least, len(found)), ""
    return found[:least][::-1]
