"""How an answer is printed as it arrives: the answer and its sources on stdout, all else on stderr."""

import os
import stat
import sys
from types import TracebackType
from typing import Self, TextIO

import msgspec

from docmind.agents.protocol import (
    Answered,
    AnyEvent,
    Entered,
    Library,
    Retracted,
    RolledBack,
    Saving,
    State,
    Switched,
    Token,
    ToolCalled,
    ToolReturned,
)

from .progress_line import ProgressLine
from .sources import source
from .telling import saving, step, summary
from .terminal import BOLD, DIM, notice, say, say_json, width
from .wrapping import Wrapper

UNKNOWN = "[?]"
"""Stands in the finished answer for a citation of something that was never shown."""
STATES = {
    "queued": "waiting",
    "indexing": "looking for changes",
    "cooling": "waiting until it is cooler",
    "starting": "starting",
    "loading": "loading the model",
    "waiting": "waiting for the whole answer",
}


class Printer:
    """Prints nothing but the notices; as a context manager it leaves the terminal tidy, whatever happens."""

    def __init__(self) -> None:
        self.said = ""
        """The answer so far."""
        self._line = ProgressLine()
        self._calls: dict[str, ToolCalled] = {}
        self._headings: dict[int, str] = {}
        """Of each passage that was shown, by its number."""

    def __enter__(self) -> Self:
        self._line.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._line.__exit__(kind, error, at)

    def status(self, text: str) -> None:
        """What is going on until something is printed."""
        self._line.write(text)

    def show(self, event: AnyEvent) -> None:
        """Prints what the event says."""
        match event:
            case State():
                words = STATES.get(event.state, event.state) + (f" ({event.detail})" if event.detail else "")
                self.status(words)
                if event.state == "cooling":
                    self._line.tell_once(words)
            case Library(notice=text) | Entered(notice=text) if text:
                self._notice(text)
            case Saving():
                self._notice(saving(event))
            case Library(ready=False, todo=todo) if todo:
                self.status(f"reading document {event.done:,} of {todo:,}")
            case ToolCalled():
                self._calls[event.call] = event
            case ToolReturned():
                self._headings |= {passage.n: passage.heading for passage in event.passages}
                if called := self._calls.get(event.call):  # lost in the damaged record of a replayed answer
                    self._notice(step(called, event))
            case Switched(smaller=smaller) if smaller:
                self._notice(f"{event.reason} Going on with {smaller}.")
                self._notice(f"docmind profiles --restore {event.new} takes that back.")
            case Switched():
                self._notice(f"{event.reason} {'Continued by' if event.continues else 'Trying'} {event.new}.")
                if event.hint:
                    self._notice(event.hint)
            case RolledBack():
                self._notice(f"{event.reason} {event.new} did better: --profile {event.new}")
            case Token():
                self.said += event.text
            case Retracted():
                self.said = self.said[: -event.last] if event.last else ""

    def _notice(self, text: str) -> None:
        self._line.clear()
        notice(f"  {text}", DIM)


class JsonPrinter(Printer):
    """One JSON object at the end."""

    def show(self, event: AnyEvent) -> None:
        super().show(event)
        if isinstance(event, Answered):
            self._line.clear()
            shown = {"run", "type"}
            say_json({name: value for name, value in msgspec.to_builtins(event).items() if name not in shown})


class TextPrinter(Printer):
    """Plain text, streamed to a terminal or a pipe; a file gets the finished answer, with nothing taken back."""

    def __init__(self, needs_model: bool = False) -> None:
        """`needs_model`: quotations are what is left, not what the user has chosen."""
        super().__init__()
        self._needs_model = needs_model
        self._on_terminal, self._streams = sys.stdout.isatty(), _is_read_along(sys.stdout)
        self._wrapper = Wrapper(width() if self._on_terminal else sys.maxsize)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends a broken-off line; what a file has not got yet is not lost."""
        super().__exit__(kind, error, at)
        if error and self.said:
            say(self._wrapper.close() if self._streams else self.said)

    def show(self, event: AnyEvent) -> None:
        match event:
            case Token() if self._streams:
                if text := self._wrapper.feed(event.text):
                    self._line.clear()
                    say(text, end="")
            case Retracted(last=int(count)) if self._streams:
                self._wrapper.drop(count)
            case Retracted() if self._streams and self.said:
                say(self._wrapper.close())
                notice("  (taken back: the model goes on looking)", DIM)
        super().show(event)
        if isinstance(event, Answered):
            self._finish(event)

    def _notice(self, text: str) -> None:
        """On a line of its own, also where the answer stands in the middle of one."""
        if self._on_terminal and sys.stderr.isatty() and (end := self._wrapper.interrupt()):
            say(end, end="")
        super()._notice(text)

    def _finish(self, answered: Answered) -> None:
        say(self._wrapper.close() if self._streams else answered.answer)
        if self._streams and UNKNOWN in answered.answer and UNKNOWN not in self.said:
            notice("  A citation above points to a passage that was never shown: ignore it.", DIM)
        self._list_sources(answered)
        if self._needs_model and all(attempt.profile == "quotes" for attempt in answered.attempts):
            self._notice("No model is set up: these are quotations. `docmind profiles` shows how to add one.")
        self._notice(summary(answered))

    def _list_sources(self, answered: Answered) -> None:
        if answered.citations:
            say("\nSources", BOLD)
        columns = width() - 2 if self._on_terminal else None
        for citation in answered.citations:
            say(f"  {source(citation, self._headings.get(citation.n, ''), answered.answer, columns)}")
        if not answered.citations and answered.profile != "quotes":
            notice("  No sources: nothing in this answer is tied to a document.", DIM)


def _is_read_along(stream: TextIO) -> bool:
    """Whether somebody may read while it is written: at a terminal or through a pipe, but not in a file."""
    try:
        return not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:  # it is nowhere but in memory
        return False
