"""A small app around the transcript, and the events of an answer."""

from typing import Any

from textual.app import App, ComposeResult

from docmind.agents.protocol import Answered, Token, ToolCalled, ToolReturned
from docmind.agents.records import Citation, Passage, Timings, Usage
from docmind.tui.transcript.turn import Turn
from docmind.tui.transcript.view import Transcript
from fakes.clock import Clock

PASSAGE = Passage(path="manual.pdf", page=12, text="The pump moved upstream.\nIt regulates itself.", n=1)
CITATION = Citation(n=1, path="manual.pdf", page=12, lines=None, quote="The pump moved", verified=True)


class TranscriptApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.animation_level = "none"
        self.clock = Clock()
        self.posted: list[Any] = []
        self.copied: list[str] = []

    def compose(self) -> ComposeResult:
        yield Transcript(self.clock)

    @property
    def transcript(self) -> Transcript:
        return self.query_one(Transcript)

    def on_transcript_source_wanted(self, event: Transcript.SourceWanted) -> None:
        self.posted.append(event)

    def on_transcript_copy_wanted(self, event: Transcript.CopyWanted) -> None:
        self.copied.append(event.text)

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)

    def shown(self) -> list[str]:
        """The lines of the widget, without the empty ones at the end."""
        view = self.transcript
        lines = ["".join(s.text for s in view.render_line(y)).rstrip() for y in range(view.page)]
        while lines and not lines[-1]:
            lines.pop()
        return lines


def answered(text: str, **more: Any) -> Answered:
    timings = Timings(first_token_ms=600, total_ms=3200, tokens_per_s=41)
    rest: dict[str, Any] = {"citations": [], "steps": [], "attempts": [], "usage": Usage(), "timings": timings}
    rest["run"] = "r1"
    return Answered(answer=text, profile="balanced", model="llama", **rest | more)


def say(app: TranscriptApp, text: str, run: str = "r1") -> None:
    app.transcript.show(Token(run=run, text=text))
    app.transcript.flush()


def searched(app: TranscriptApp) -> None:
    app.transcript.show(ToolCalled(run="r1", call="c1", tool="search_documents", input={"query": "cooling loop"}))
    app.transcript.show(ToolReturned(run="r1", call="c1", passages=[PASSAGE], seconds=0.04))


def finished(question: str, answer: str) -> Turn:
    turn = Turn(run=f"{question} {id(answer)}", question=question)
    turn.take(answered(answer), 0.0)
    return turn
