"""What stands for the older turns of a chat in memory, where a prompt has no room for them."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from ..protocol import Recalled
from ..text import clean
from .journal import Journal
from .live_turn import Exchange
from .records import Summary


class Summaries:
    """Of one chat, by turn. `journal`: None where nothing is to be kept."""

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._kept: dict[str, Summary] = {}

    def load(self, kept: Mapping[str, Summary]) -> None:
        """Those that were kept before."""
        self._kept |= kept

    def add(self, run: str, text: str, by: Literal["model", "user"]) -> None:
        """Stands for the turn and all before it; empty: none does. The user's words are replaced by the user alone."""
        if by == "model" and run in self._kept and self._kept[run].by == "user":
            return
        summary = self._kept[run] = Summary(run=run, text=clean(text).strip(), by=by, at=time.time())
        if self._journal:
            self._journal.summarise(summary)

    def beside(self, past: Iterable[Exchange]) -> list[Exchange]:
        """The past, oldest first, with the summaries of its turns."""
        return [
            turn._replace(summary=kept.text) if (kept := self._kept.get(turn.run)) and kept.text else turn
            for turn in past
        ]

    def latest(self, past: Sequence[Exchange]) -> Recalled:
        """The one that stands for the most turns of the past."""
        for count in range(len(past), 0, -1):
            if (kept := self._kept.get(past[count - 1].run)) and kept.text:
                return Recalled(turn=kept.run, text=kept.text, by=kept.by, count=count)
        return Recalled()
