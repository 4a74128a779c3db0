"""The transcript widget in a small app: what is on its screen after events, keys and resizes."""

from typing import Any

import msgspec
import pytest
from textual.app import App, ComposeResult

from docmind.agents.protocol import (
    CANCELLED,
    Answered,
    Failed,
    Retracted,
    State,
    Switched,
    Thought,
    Token,
    ToolCalled,
    ToolReturned,
)
from docmind.agents.records import Citation, Passage, Timings, Usage
from docmind.tui.transcript.turn import Turn
from docmind.tui.transcript.view import Transcript

PASSAGE = Passage(path="manual.pdf", page=12, text="The pump moved upstream.\nIt regulates itself.", n=1)
CITATION = Citation(n=1, path="manual.pdf", page=12, lines=None, quote="The pump moved", verified=True)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


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


@pytest.fixture
def app() -> TranscriptApp:
    return TranscriptApp()


def answered(text: str, **more: Any) -> Answered:
    timings = Timings(first_token_ms=600, total_ms=3200, tokens_per_s=41)
    rest: dict[str, Any] = {"citations": [], "steps": [], "attempts": [], "usage": Usage(), "timings": timings}
    return Answered(run="r1", answer=text, profile="balanced", model="llama", **rest | more)


def say(app: TranscriptApp, text: str, run: str = "r1") -> None:
    app.transcript.show(Token(run=run, text=text))
    app.transcript.flush()


def searched(app: TranscriptApp) -> None:
    app.transcript.show(ToolCalled(run="r1", call="c1", tool="search_documents", input={"query": "cooling loop"}))
    app.transcript.show(ToolReturned(run="r1", call="c1", passages=[PASSAGE], seconds=0.04))


async def test_a_question_waits_visibly_and_then_is_answered(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)):
        app.transcript.ask("r1", "What changed?")
        assert app.shown() == ["", "You", "What changed?", "", "  waiting for the engine …"]
        app.transcript.show(State(run="r1", state="loading", detail="llama"))
        assert app.shown()[-1] == "  loading the model (llama) …"
        say(app, "It *moved*.")
        assert app.shown()[-2:] == ["", "It moved."]
        app.transcript.show(answered("It *moved*."))
        assert app.shown()[3:] == ["", "It moved.", "", "  balanced · llama   first 0.6 s, all 3.2 s   41 tok/s"]


async def test_a_tool_call_is_one_line_that_opens_to_its_passages(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.ask("r1", "What changed?")
        searched(app)
        assert app.shown()[4] == '  searched "cooling loop"   1 passage   0.04 s ▸'
        app.transcript.focus()
        await pilot.press("k", "enter")
        assert app.shown()[4:8] == [
            '  searched "cooling loop"   1 passage   0.04 s ▾',
            "    [1] manual.pdf p. 12",
            "    The pump moved upstream.",
            "    It regulates itself.",
        ]
        await pilot.press("enter")
        assert app.shown()[4].endswith("▸")


async def test_thoughts_are_collapsed(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 20)):
        app.transcript.ask("r1", "Why?")
        app.transcript.show(Thought(run="r1", text="I should "))
        app.clock.now += 3
        app.transcript.show(Thought(run="r1", text="look."))
        searched(app)
        assert app.shown()[4:6] == ["  thought for 3 s ▸", '  searched "cooling loop"   1 passage   0.04 s ▸']


async def test_sources_stand_below_the_answer_and_open_by_key(app: TranscriptApp) -> None:
    async with app.run_test(size=(70, 20)) as pilot:
        app.transcript.ask("r1", "What changed?")
        searched(app)
        doubtful = Citation(n=1, path="manual.pdf", page=12, lines=None, quote="The pump moved", verified=False)
        app.transcript.show(answered("It moved [1].", citations=[doubtful]))
        assert "  [1] manual.pdf p. 12   unverified   The pump moved" in app.shown()
        app.transcript.focus()
        await pilot.press("k", "enter")
        await pilot.pause()
        assert [(posted.citation.n, posted.passage) for posted in app.posted] == [(1, PASSAGE)]
        assert app.transcript.citation(1) == (doubtful, PASSAGE)
        assert app.transcript.citation(2) is None


async def test_the_next_source_is_the_next_in_the_list_of_the_same_answer(app: TranscriptApp) -> None:
    async with app.run_test():
        for run, numbers in (("r1", (3, 1)), ("r2", (2,))):
            passages = [msgspec.structs.replace(PASSAGE, n=n) for n in numbers]
            citations = [msgspec.structs.replace(CITATION, n=n) for n in numbers]
            app.transcript.ask(run, "pump?")
            app.transcript.show(ToolCalled(run=run, call="c", tool="search", input={"query": "pump"}))
            app.transcript.show(ToolReturned(run=run, call="c", passages=passages, seconds=0.1))
            app.transcript.show(msgspec.structs.replace(answered("It moved.", citations=citations), run=run))
        first = app.transcript.turn("r1").sources[0][0]  # type: ignore[union-attr]
        second = app.transcript.source_beside(first, 1)
        assert second
        assert second[0].n == second[1].n == 1
        assert app.transcript.source_beside(second[0], 1) is None
        assert app.transcript.source_beside(first, -1) is None


async def test_what_was_retracted_goes_and_a_switch_is_told(app: TranscriptApp) -> None:
    async with app.run_test(size=(70, 20)):
        app.transcript.ask("r1", "Why?")
        searched(app)
        say(app, "Half an ans")
        app.transcript.show(Switched(run="r1", old="big", new="fast", code="ERR_5001", reason="big stopped answering."))
        app.transcript.show(Retracted(run="r1"))
        text = "\n".join(app.shown())
        assert "Half" not in text
        assert "  big stopped answering. fast goes on." in text
        assert "searched" in text


async def test_a_failure_and_a_stop_keep_the_text(app: TranscriptApp) -> None:
    async with app.run_test(size=(70, 30)):
        for run, code in (("r1", "ERR_3003"), ("r2", CANCELLED)):
            app.transcript.ask(run, "Why?")
            say(app, f"Begun {run}.", run)
            app.transcript.show(Failed(run=run, code=code, message="It ended.", hint="Ask again."))
        text = "\n".join(app.shown())
        assert "Begun r1.\n\n  It ended. [ERR_3003]\n  Ask again." in text
        assert "Begun r2.\n\n  Stopped. What was said stays." in text


async def test_a_silent_answer_is_called_stalled(app: TranscriptApp) -> None:
    async with app.run_test(size=(70, 20)):
        app.transcript.ask("r1", "Why?")
        app.transcript.show(State(run="r1", state="writing"))
        say(app, "Because")
        assert app.shown()[-1] == "Because"
        app.clock.now += 7
        app.transcript.tick()
        assert app.shown()[-1] == "  stalled: nothing for 7 s"
        say(app, " of it.")
        assert app.shown()[-1] == "Because of it."


async def test_the_end_is_followed_until_the_user_scrolls_up(app: TranscriptApp) -> None:
    async with app.run_test(size=(40, 12)) as pilot:
        app.transcript.ask("r1", "Count")
        for n in range(60):
            say(app, f"line {n}\n\n")
        assert "line 59" in "\n".join(app.shown())
        app.transcript.focus()
        await pilot.press("pageup")
        await pilot.pause()
        held = app.shown()
        for n in range(60, 90):
            say(app, f"line {n}\n\n")
        assert app.shown() == held
        await pilot.press("end")
        await pilot.pause()
        assert "line 89" in "\n".join(app.shown())
        say(app, "line 90\n\n")
        assert "line 90" in "\n".join(app.shown())


async def test_scrolling_up_through_what_was_never_shown_does_not_jump(app: TranscriptApp) -> None:
    async with app.run_test(size=(40, 12)) as pilot:
        turns = [
            finished(f"Question {n}", f"Answer {n} of some words that wrap here and there. " * 5) for n in range(40)
        ]
        app.transcript.load(turns)
        app.transcript.focus()
        for _ in range(60):
            before = app.shown()
            await pilot.press("up")
            await pilot.pause()
            assert app.shown()[1:11] == before[:10]


async def test_a_resize_wraps_again_and_keeps_the_text_at_the_top(app: TranscriptApp) -> None:
    async with app.run_test(size=(60, 12)) as pilot:
        app.transcript.load([finished(f"Question {n}", f"word{n} " * 60) for n in range(30)])
        app.transcript.focus()
        await pilot.press("pageup", "pageup")
        top = next(line for line in app.shown() if line).split()[0]
        await pilot.resize_terminal(34, 12)
        assert top in "\n".join(app.shown()[:3])
        assert all(len(line) <= 34 for line in app.shown())


async def test_words_are_found_where_nothing_was_rendered_yet(app: TranscriptApp) -> None:
    async with app.run_test(size=(40, 12)):
        app.transcript.load(
            [finished(f"Question {n}", f"Answer {n}: pump{' valve' * (n % 10 == 0)}.") for n in range(100)]
        )
        assert app.transcript.search("pump  VALVE") == 10
        assert app.transcript.next_hit() == (1, 10)
        assert "Answer 0: pump valve." in app.shown()
        assert app.transcript.next_hit(-1) == (10, 10)
        assert "Answer 90: pump valve." in app.shown()
        assert app.transcript.search("nothing") == 0
        assert app.transcript.next_hit() == (0, 0)


async def test_answers_code_and_selections_are_copied_as_they_were_written(app: TranscriptApp) -> None:
    source = "Do **this** with words that go on for more than one line:\n\n```sh\nls -l\necho hi\n```"
    async with app.run_test(size=(40, 20)) as pilot:
        app.transcript.load([finished("How?", source)])
        app.transcript.focus()
        await pilot.press("c", "x")
        await pilot.pause()
        assert app.copied == [source, "ls -l\necho hi"]
        await pilot.press("home", "v", "down", "down", "down", "down", "down", "y")
        assert app.copied[-1] == "\nYou\nHow?\n\nDo this with words that go on for more than one line:"


async def test_a_long_fence_is_copied_whole(app: TranscriptApp) -> None:
    code = "\n".join(f"line {n}" for n in range(200))
    async with app.run_test(size=(40, 20)) as pilot:
        app.transcript.load([finished("How?", f"```\n{code}\n```\n\nDone.")])
        app.transcript.focus()
        await pilot.press("x")
        await pilot.pause()
        assert app.copied == [code]


async def test_a_new_chat_is_empty(app: TranscriptApp) -> None:
    async with app.run_test(size=(40, 20)):
        app.transcript.load([finished("How?", "So. " * 500)])
        app.transcript.clear()
        assert app.shown() == []
        assert app.transcript.last_turn is None


@pytest.mark.parametrize("token", ["x" * 1_000_000, "word " * 200_000, "a\n" * 500_000])
async def test_a_token_of_a_megabyte_is_shown(token: str, app: TranscriptApp) -> None:
    async with app.run_test(size=(80, 20)):
        app.transcript.ask("r1", "Go")
        say(app, token)
        assert app.shown()[-2].strip() or app.shown()[-1].strip()
        assert len(app.transcript.turn("r1").answer) == len(token)  # type: ignore[union-attr]


def finished(question: str, answer: str) -> Turn:
    turn = Turn(run=f"{question} {id(answer)}", question=question)
    turn.take(answered(answer), 0.0)
    return turn
