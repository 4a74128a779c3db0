"""Takes inline thinking, `<think>...</think>` at the start of an answer, apart from the answer."""

OPEN, CLOSE = "<think>", "</think>"


class ThinkSplitter:
    """Fed with pieces of a stream in any cut; gives (text, thinking) pieces of what is certain so far."""

    def __init__(self) -> None:
        self._held = ""
        self._inside: bool | None = None
        """None: still at the start, where the tag may come."""
        self._thought = False

    def feed(self, piece: str) -> tuple[str, str]:
        """(text, thinking) that the piece makes certain."""
        self._held += piece
        if self._inside is None:
            self._start()
        if self._inside is None:
            return "", ""
        return self._end() if self._inside else (self._take(len(self._held)), "")

    def close(self) -> tuple[str, str]:
        """(text, thinking) that was held back at the end of the stream."""
        rest = self._take(len(self._held))
        return ("", rest) if self._inside else (rest, "")

    def _take(self, count: int) -> str:
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def _start(self) -> None:
        begin = self._held.lstrip()
        if begin.startswith(OPEN):
            self._inside, self._held = True, begin.removeprefix(OPEN)
        elif not OPEN.startswith(begin):
            # White space counts where an answer is continued, not between thinking and answer.
            self._inside, self._held = False, begin if self._thought else self._held

    def _end(self) -> tuple[str, str]:
        thinking, tag, text = self._held.partition(CLOSE)
        if not tag:
            return "", self._take(len(self._held) - _overlap(self._held))
        self._inside, self._held, self._thought = None, "", True
        text, more = self.feed(text)
        return text, thinking + more


def _overlap(text: str) -> int:
    """Length of the longest end of `text` that may be the beginning of the closing tag."""
    return next((n for n in range(len(CLOSE) - 1, 0, -1) if text.endswith(CLOSE[:n])), 0)
