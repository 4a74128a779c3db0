"""The parts of an answer: pure data. What is folded away once it is done can be packed."""

from dataclasses import dataclass

from docmind.agents.protocol import ToolCalled, ToolReturned

from .packed import Packed

_SHORT = 500
"""Characters of a thought that are not worth packing."""


@dataclass(eq=False)
class Answer:
    """A piece of the answer's text."""

    text: str = ""


@dataclass(eq=False)
class Note:
    """Something that the user should know, such as that another profile goes on."""

    text: str


class Thinking:
    """What the model thought in one go."""

    def __init__(self, began: float = 0.0) -> None:
        """`began`: on the clock of its turn, in seconds."""
        self.began, self.ended = began, began
        self._text: str | Packed[str] = ""

    @property
    def text(self) -> str:
        """So far."""
        return self._text.unpacked() if isinstance(self._text, Packed) else self._text

    @text.setter
    def text(self, text: str) -> None:
        self._text = text

    def pack(self) -> None:
        """Nothing more is expected to come."""
        if isinstance(self._text, str) and len(self._text) > _SHORT:
            self._text = Packed(self._text)


class Call:
    """A call of a tool, and what it returned."""

    __match_args__ = ("called", "returned")

    def __init__(self, called: ToolCalled) -> None:
        self.called = called
        self._returned: ToolReturned | Packed[ToolReturned] | None = None

    @property
    def returned(self) -> ToolReturned | None:
        """None: it is still at work."""
        return self._returned.unpacked() if isinstance(self._returned, Packed) else self._returned

    @returned.setter
    def returned(self, returned: ToolReturned) -> None:
        self._returned = returned

    def pack(self) -> None:
        """Its passages are as good as read."""
        if isinstance(self._returned, ToolReturned):
            self._returned = Packed(self._returned)


Part = Answer | Thinking | Call | Note
