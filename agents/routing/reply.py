"""A step's reply as it grows, over all the backends that had a part in it."""

from collections.abc import Collection, Sequence

from llama_index.core.llms import ChatMessage

from ..backends.base import Delta
from ..errors import DocmindError
from ..protocol import Meter, Prompted, State
from .takeover import Begun, TakenOver, begun

Notice = State | Meter | Prompted | TakenOver
Messages = Sequence[ChatMessage]


class Reply:
    """Fed with what is given to the agent; knows what of it stands when a backend breaks off."""

    def __init__(self, messages: Messages, tools: Collection[str]) -> None:
        self.messages, self.tools = messages, tools
        self.begun: Begun | None = None
        """The beginning of the final answer, where a backend broke off in it."""
        self._said: list[str] = []
        self._is_new = False

    @property
    def kept(self) -> str:
        """What the next backend goes on with."""
        return self.begun.step if self.begun else ""

    @property
    def phase(self) -> str:
        """What the next call is, as the record names it."""
        return "continuation" if self.begun else "step"

    @property
    def to_send(self) -> Sequence[ChatMessage]:
        """The prompt, with what has been said of the answer."""
        return self.begun.messages(self.messages, asked=True) if self.begun else self.messages

    def take_up(self, begun: Begun | None) -> None:
        """Goes on after what a former attempt has left, or does the step again where that is nothing."""
        self.begun = begun
        self._said = [self.kept]

    def take(self, item: Delta | Notice) -> None:
        """What was given."""
        if isinstance(item, TakenOver):
            self._said = [item.kept]
            self._is_new = not item.kept
        elif isinstance(item, Delta) and item.text:
            self._said.append(item.text)
            self._is_new = True

    def broke_off(self, error: DocmindError) -> None:
        """Keeps what can be continued; the last word only where it was kept before, and nothing of an endless reply."""
        if self._is_new and not error.endless:
            self.begun = begun("".join(self._said), self.messages, self.tools)
        self._said, self._is_new = [self.kept], False

    def is_whole_without(self, error: DocmindError) -> bool:
        """Whether an empty reply means that the answer had come to its end."""
        return error.empty and self.begun is not None and self.begun.may_end_here and not self._is_new
