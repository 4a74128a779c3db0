"""Drops the beginning of an answer where a server repeats it before it goes on.

llama.cpp does so where it does not stream, LM Studio 0.4.16 always (lmstudio-bug-tracker#2041).
"""

SHORTEST = 12
"""Characters of a beginning below which a repetition may be what the model really says next."""


class EchoFilter:
    """Fed with pieces in any cut; gives what is certain not to be the repeated beginning."""

    def __init__(self, beginning: str) -> None:
        self._beginning = beginning if len(beginning) >= SHORTEST else ""
        self._held = ""

    def feed(self, piece: str) -> str:
        """The text that the piece makes certain."""
        if not self._beginning:
            return piece
        self._held += piece
        if self._beginning.startswith(self._held):
            return ""
        return self.close()

    def close(self) -> str:
        """What was held back."""
        text, self._held = self._held.removeprefix(self._beginning), ""
        self._beginning = ""
        return text
