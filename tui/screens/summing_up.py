"""What stands for the older questions of a long chat: shown, and changed by the user."""

from docmind.agents.protocol import Recall, Recalled, Summarise

from .. import summary
from .choosing import Choosing
from .conversation import Heard


class SummingUp(Choosing):
    """A part of the chat; see chat.py."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""

    def action_summary(self, words: str = "") -> None:
        """The engine says what there is first."""
        self._words = words
        self.link.send(Recall())

    def heard(self, event: Heard) -> None:
        super().heard(event)
        if isinstance(event, Recalled):
            self._recalled(event)

    def _recalled(self, event: Recalled) -> None:
        words, self._words = self._words, ""
        if not event.turn:
            self.transcript.reply(summary.told(event))
        elif words:
            self._replace(event, words)
        else:
            text, problem = summary.edit(self.docmind, event)
            if problem:
                self.transcript.reply(summary.told(event))
                self.docmind.say("No editor took the summary. Type /summary and other words to replace it.")
            self._replace(event, text)

    def _replace(self, before: Recalled, text: str) -> None:
        if text == before.text:
            return
        self.link.send(Summarise(turn=before.turn, text=text))
        kept = f"Your summary stands for the first {before.count:,} questions where there is no room for them."
        self.transcript.reply(kept if text else "No summary stands for older questions, until one is made anew.")
