"""The parts of an answer: pure data. What is folded away once it is done can be packed."""

from dataclasses import dataclass

import msgspec

from docmind.agents.protocol import ToolCalled, ToolReturned

from .packed import Packed

_SHORT = 500
"""Characters that are not worth packing."""


class _Written:
    """What a model writes, piece by piece."""

    def __init__(self, text: str = "") -> None:
        self._text: str | Packed[str] = text

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


class Answer(_Written):
    """A piece of the answer's text."""


class Thinking(_Written):
    """What the model thought in one go."""

    def __init__(self, began: float = 0.0) -> None:
        """`began`: on the clock of its turn, in seconds."""
        super().__init__()
        self.began, self.ended = began, began


@dataclass(eq=False)
class Note:
    """Something that the user should know, such as that another profile goes on."""

    text: str


class _Step(msgspec.Struct, frozen=True):
    called: ToolCalled
    returned: ToolReturned | None = None


class Call:
    """A call of a tool, and what it returned."""

    __match_args__ = ("called", "returned")

    def __init__(self, called: ToolCalled) -> None:
        self._held: _Step | Packed[_Step] = _Step(called)

    @property
    def _step(self) -> _Step:
        return self._held.unpacked() if isinstance(self._held, Packed) else self._held

    @property
    def called(self) -> ToolCalled:
        """The tool, and with what."""
        return self._step.called

    @property
    def returned(self) -> ToolReturned | None:
        """None: it is still at work."""
        return self._step.returned

    @returned.setter
    def returned(self, returned: ToolReturned) -> None:
        self._held = _Step(self.called, returned)

    def pack(self) -> None:
        """Its passages are as good as read."""
        if isinstance(self._held, _Step):
            self._held = Packed(self._held)


Part = Answer | Thinking | Call | Note
