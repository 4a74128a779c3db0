"""Reading a chat: following, scrolling, resizing, searching, copying."""

import pytest

from docmind.tui.transcript import marking
from fakes.transcript import TranscriptApp, finished, say


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


async def test_what_a_command_tells_is_seen_wherever_the_text_was_being_read(app: TranscriptApp) -> None:
    async with app.run_test(size=(40, 12)) as pilot:
        app.transcript.load([finished("Count", "line\n\n" * 60)])
        app.transcript.focus()
        await pilot.press("home")
        app.transcript.note("Somebody else's news.")
        assert "Somebody else's news." not in app.shown()
        app.transcript.reply("What you asked for.")
        assert "What you asked for." in "\n".join(app.shown())


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


@pytest.mark.parametrize("height", [40, 24, 6])
async def test_the_end_is_followed_through_a_resize(app: TranscriptApp, height: int) -> None:
    async with app.run_test(size=(60, 12)) as pilot:
        app.transcript.ask("r1", "Count")
        for n in range(60):
            say(app, f"line {n}\n\n")
        await pilot.resize_terminal(90, height)
        await pilot.resize_terminal(90, height + 9)
        for n in range(60, 90):
            say(app, f"line {n}\n\n")
        assert "line 89" in "\n".join(app.shown())


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


async def test_words_are_found_as_they_are_seen_whatever_marks_are_between_them(app: TranscriptApp) -> None:
    async with app.run_test(size=(40, 12)):
        app.transcript.load([finished("What?", "The **pump** `moved` upstream.")])
        assert app.transcript.search("the pump moved upstream") == 1
        assert app.transcript.next_hit() == (1, 1)


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


async def test_a_selection_that_was_given_up_is_not_copied(app: TranscriptApp) -> None:
    async with app.run_test(size=(40, 20)) as pilot:
        app.transcript.load([finished("How?", "So.")])
        app.transcript.focus()
        await pilot.press("home", "v", "down")
        assert app.screen.get_selected_text()
        app.transcript.unmark()
        await pilot.press("down", "y")
        assert not app.screen.get_selected_text()
        assert app.copied == []


async def test_a_selection_that_is_too_large_says_how_much_of_it_is_copied(
    app: TranscriptApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "_MOST_LINES", 2)
    async with app.run_test(size=(40, 20)) as pilot:
        app.transcript.load([finished("How?", "So.")])
        app.transcript.focus()
        await pilot.press("home", "v", "down", "down", "y")
        assert app.copied == ["\nYou"]
        assert [notice.message for notice in app._notifications] == [
            "A selection of 2 lines at most is copied at once."
        ]
        await pilot.press("home", "v", "down", "y")
        assert len(app._notifications) == 1


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
