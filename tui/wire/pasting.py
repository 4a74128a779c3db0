"""Takes a paste out of what the terminal sends, whole: Textual looks at each letter of it, 10 s for 10 MB."""

from collections.abc import Iterable

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.drivers import linux_driver
from textual.message import Message


class PastingParser(XTermParser):
    """Textual's parser for everything else. A mark of the beginning that arrives in two parts is left to it, too."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pieces: list[str] | None = None
        """Of the paste that has begun."""
        self._tail = ""
        """Its last letters, which may begin the mark of the end."""

    def feed(self, data: str) -> Iterable[Message]:
        """What `data` makes certain; empty data are the end."""
        if not data:
            yield from super().feed(data)
        while data:
            if self._pieces is None:
                before, begun, data = data.partition(BRACKETED_PASTE_START)
                if before:
                    yield from super().feed(before)
                self._pieces = [] if begun else None
            else:
                data = self._gather(data, self._pieces)
                if self._pieces is None:
                    yield events.Paste(self._pasted)

    def _gather(self, data: str, pieces: list[str]) -> str:
        """What comes behind the paste; empty while it goes on."""
        text, ended, rest = (self._tail + data).partition(BRACKETED_PASTE_END)
        if ended:
            self._pasted = "".join([*pieces, text]).replace("\x00", "")
            self._pieces, self._tail = None, ""
            return rest
        keep = len(BRACKETED_PASTE_END) - 1
        pieces.append(text[:-keep])
        self._tail = text[-keep:]
        return ""


def gather_pastes() -> None:
    """From now on, in every driver."""
    linux_driver.XTermParser = PastingParser  # type: ignore[attr-defined]
