"""The transcript in a small app: what it shows of the events of an answer."""

import msgspec

from docmind.agents.protocol import CANCELLED, Failed, Retracted, State, Switched, Thought, ToolCalled, ToolReturned
from docmind.agents.records import Citation
from fakes.transcript import CITATION, PASSAGE, TranscriptApp, answered, say, searched


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


def taken_over(run: str) -> Switched:
    return Switched(run=run, old="big", new="fast", code="ERR_5017", reason="big closed it.", continues=True)


async def test_an_answer_that_is_taken_over_is_one_text_with_a_quiet_mark(app: TranscriptApp) -> None:
    async with app.run_test(size=(70, 20)):
        app.transcript.ask("r1", "Why?")
        say(app, "Two valves were rem")
        app.shown()
        app.transcript.show(Retracted(run="r1", last=len(" rem")))
        app.transcript.show(taken_over("r1"))
        say(app, " removed [1].")
        seam = "  ─ big broke off; continued by fast ─"
        assert app.shown()[3:] == ["", "Two valves were", "", seam, "", "removed [1]."]
        app.transcript.show(answered("Two valves were removed [1]."))
        assert seam in app.shown()
        assert app.transcript.last_turn
        assert app.transcript.last_turn.answer == "Two valves were removed [1]."


async def test_a_profile_that_was_made_smaller_is_told_with_what_why_and_how_to_undo_it(app: TranscriptApp) -> None:
    async with app.run_test(size=(100, 20)):
        app.transcript.ask("r1", "Why?")
        why, less = "big is too large.", "kv_cache = q8_0"
        smaller = Switched(run="r1", old="big", new="big", code="ERR_5015", reason=why, smaller=less)
        app.transcript.show(smaller)
        say(app, "Two valves were ")
        app.transcript.show(msgspec.structs.replace(smaller, continues=True))
        text = "\n".join(app.shown())
    assert "  big is too large. big goes on with kv_cache = q8_0; /restore big takes that back." in text
    assert "─ big ran out of memory; continued with kv_cache = q8_0; /restore big takes that back ─" in text


async def test_a_fence_or_a_table_that_is_taken_over_is_not_torn_apart(app: TranscriptApp) -> None:
    async with app.run_test(size=(70, 40)):
        for run, begun, rest in (("r1", "```\nlet x", " = 1\n```\n"), ("r2", "| a | b |\n|--|--|\n| 1 |", " 2 |\n")):
            app.transcript.ask(run, "How?")
            say(app, begun, run)
            app.transcript.show(taken_over(run))
            say(app, rest, run)
        text = "\n".join(app.shown())
        assert text.index("continued by fast") < text.index("let x = 1") < text.rindex("continued by fast")
        assert "1  2" in text


async def test_thoughts_of_a_step_that_broke_off_go_too_and_those_before_it_stay(app: TranscriptApp) -> None:
    async with app.run_test(size=(70, 20)):
        app.transcript.ask("r1", "Why?")
        app.transcript.show(Thought(run="r1", text="First."))
        searched(app)
        app.transcript.show(Thought(run="r1", text="Half a th"))
        say(app, "Half")
        app.transcript.show(Retracted(run="r1", thoughts=True))
        assert app.transcript.last_turn
        assert [getattr(part, "text", "call") for part in app.transcript.last_turn.parts] == ["First.", "call"]


async def test_what_is_taken_back_may_lie_on_both_sides_of_a_seam(app: TranscriptApp) -> None:
    async with app.run_test(size=(70, 20)):
        app.transcript.ask("r1", "Why?")
        say(app, "Two valves were removed")
        app.transcript.show(taken_over("r1"))
        say(app, " and")
        app.transcript.show(Retracted(run="r1", last=len(" removed and")))
        assert app.transcript.last_turn
        assert app.transcript.last_turn.answer == "Two valves were"


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
