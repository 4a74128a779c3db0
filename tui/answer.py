"""How an answer is printed as it arrives: the answer and its sources on stdout, all else on stderr."""

import sys
from types import TracebackType
from typing import Self

import msgspec

from docmind.agents.protocol import (
    Answered,
    AnyEvent,
    Citation,
    Library,
    Retracted,
    State,
    Switched,
    Token,
    ToolCalled,
    ToolReturned,
)
from docmind.agents.text import one_line

from .places import place
from .progress_line import ProgressLine
from .terminal import BOLD, DIM, notice, say, say_json, width
from .wrapping import Wrapper

DOING = {
    "search_documents": "searched",
    "read_document": "read",
    "list_documents": "listed the documents",
}
STATES = {
    "queued": "waiting",
    "indexing": "looking for changes",
    "starting": "starting",
    "loading": "loading the model",
}
MOST_QUOTED = 90
"""Characters of a quote in the list of sources."""


class Printer:
    """Prints nothing but the notices; as a context manager it leaves the terminal tidy, whatever happens."""

    def __init__(self) -> None:
        self.said = ""
        """The answer so far."""
        self._line = ProgressLine()
        self._calls: dict[str, ToolCalled] = {}

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
                self.status(STATES.get(event.state, event.state) + (f" ({event.detail})" if event.detail else ""))
            case Library(ready=False, todo=todo) if todo:
                self.status(f"reading document {event.done:,} of {todo:,}")
            case ToolCalled():
                self._calls[event.call] = event
            case ToolReturned():
                self._notice(_step(self._calls[event.call], event))
            case Switched():
                self._notice(f"{event.old} does not answer, {event.new} takes over: {event.reason}")
            case Token():
                self.said += event.text
            case Retracted():
                self.said = ""

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
    """Plain text: streamed to a terminal; a pipe gets the finished answer, with nothing in it that was taken back."""

    def __init__(self) -> None:
        super().__init__()
        self._streams = sys.stdout.isatty()
        self._wrapper = Wrapper(width())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends a broken-off line; what a pipe has not got yet is not lost."""
        super().__exit__(kind, error, at)
        if error and self.said:
            say(self._wrapper.close() if self._streams else self.said)

    def show(self, event: AnyEvent) -> None:
        match event:
            case Token() if self._streams:
                if text := self._wrapper.feed(event.text):
                    self._line.clear()
                    say(text, end="")
            case Retracted() if self._streams:
                say(self._wrapper.close())
                notice("  (taken back: the model goes on looking)", DIM)
        super().show(event)
        if isinstance(event, Answered):
            self._finish(event)

    def _finish(self, answered: Answered) -> None:
        say(self._wrapper.close() if self._streams else answered.answer)
        if self._streams and answered.answer != self.said.strip():
            notice("  A citation above points to a passage that was never shown: ignore it.", DIM)
        if answered.citations:
            say("\nSources", BOLD)
        for citation in answered.citations:
            source = _source(citation, answered.answer)
            say(f"  {one_line(source, width() - 2) if self._streams else source}")
        if not answered.citations and answered.profile != "quotes":
            notice("  No sources: nothing in this answer is tied to a document.", DIM)
        self._notice(_summary(answered))


def _step(called: ToolCalled, returned: ToolReturned) -> str:
    what = DOING.get(called.tool, called.tool)
    subject = " ".join(str(value) for value in called.input.values() if value not in (None, ""))
    count = len(returned.passages)
    result = returned.error or f"{count} passage{'s' * (count != 1)}   {returned.seconds:.2f} s"
    return f'{what} "{one_line(subject, 80)}"   {result}' if subject else f"{what}   {result}"


def _source(citation: Citation, answer: str) -> str:
    """Where it stands, whether it holds, and the words that support the answer unless the answer quotes them itself."""
    where = f"[{citation.n}] {place(citation.path, citation.page, citation.lines)}"
    mark = "" if citation.verified else "   unverified"
    quote = "" if citation.quote in answer else f"   {one_line(citation.quote, MOST_QUOTED)}"
    return f"{where}{mark}{quote}"


def _summary(answered: Answered) -> str:
    timings = answered.timings
    about = "~" if answered.usage.estimated else ""
    parts = [f"{answered.profile} · {answered.model}" if answered.model != answered.profile else answered.profile]
    parts.append(f"first {timings.first_token_ms / 1000:.1f} s, all {timings.total_ms / 1000:.1f} s")
    if timings.tokens_per_s and answered.profile != "quotes":
        parts.append(f"{about}{timings.tokens_per_s:.0f} tok/s")
    return "   ".join(parts)
