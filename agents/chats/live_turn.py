"""A turn that the engine holds: it takes what happens, and gives all of it to whoever comes later."""

import time
import zlib
from typing import NamedTuple

import msgspec

from ..protocol import CANCELLED, Answered, AnyRunEvent, Failed, KeptTurn, Meter, Retracted, TimedEvent, Token

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[list[TimedEvent]] = msgspec.msgpack.Decoder(list[TimedEvent])


class Exchange(NamedTuple):
    """A question, and what was said to it: what a later prompt needs of it."""

    question: str
    said: str


class LiveTurn:
    """Made of a new turn, or of one that was kept. One that has ended is held packed: about 3 KB for an answer."""

    def __init__(self, turn: KeptTurn) -> None:
        self._kept = msgspec.structs.replace(turn, events=[])
        self._said, self._events = [turn.answer], list(turn.events)
        self._packed = b""
        self._began = time.monotonic()
        self.stopped = False
        """Whether the user has stopped it."""
        self._pack()

    @property
    def kept(self) -> KeptTurn:
        """Without its events."""
        return msgspec.structs.replace(self._kept, answer=self.said)

    @property
    def goes_on(self) -> bool:
        """Whether its answer is still on its way."""
        return self._kept.state == "going on"

    @property
    def said(self) -> str:
        """The text of the answer, as far as it goes."""
        if len(self._said) > 1:
            self._said = ["".join(self._said)]
        return self._said[0]

    @property
    def exchange(self) -> Exchange:
        """What later prompts need of it."""
        return Exchange(self._kept.question, self.said)

    @property
    def size(self) -> int:
        """About how many bytes it takes, packed."""
        return len(self._packed) or len(self.said)

    def whole(self) -> KeptTurn:
        """With its events."""
        events = _decoder.decode(zlib.decompress(self._packed)) if self._packed else list(self._events)
        return msgspec.structs.replace(self.kept, events=events)

    def take(self, event: AnyRunEvent) -> TimedEvent:
        """What has happened now."""
        timed = TimedEvent(round(time.monotonic() - self._began, 3), event)
        self._events.append(timed)
        match event:
            case Token():
                self._said.append(event.text)
            case Retracted():
                self._said = ["" if event.last is None else self.said[: len(self.said) - event.last]]
            case Meter():
                self._kept = msgspec.structs.replace(self._kept, profile=event.profile)
            case Answered():
                self._said = [event.answer]
                done = msgspec.structs.replace(self._kept, state="done", profile=event.profile, model=event.model)
                self._kept = done
            case Failed():
                state = "stopped" if event.code == CANCELLED else "broken"
                self._kept = msgspec.structs.replace(self._kept, state=state)
        self._pack()
        return timed

    def _pack(self) -> None:
        """Once it has ended."""
        if not self.goes_on and not self._packed:
            self._packed = zlib.compress(_encoder.encode(self._events), 1)
            self._events.clear()
