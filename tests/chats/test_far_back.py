"""A chat that is too long to be shown at once: who looks for something far back gets that much of it."""

from pathlib import Path

import pytest

from docmind.agents.chats import live_turn
from docmind.agents.chats.live import LiveChat
from docmind.agents.protocol import AnyEvent, Branched, ChatInfo, Entered, KeptTurn
from fakes.chats import answered, timed


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LiveChat:
    """Ten turns, of which three are shown at first; an eleventh stands beside the second."""
    parents = {f"r{n}": f"r{n - 1}" if n else None for n in range(10)}
    turns = [turn(run, parent) for run, parent in parents.items()]
    size = live_turn.LiveTurn(turns[0]).size
    monkeypatch.setattr(live_turn, "MOST_ENTERED", 3 * size)
    monkeypatch.setattr(live_turn, "MOST_SHOWN", 9 * size)
    info = ChatInfo(id="c", title="", made_at=0.0, changed_at=0.0, head="r9")
    return LiveChat(info, [*turns, turn("x1", "r0")], None, tmp_path)


def turn(run: str, parent: str | None) -> KeptTurn:
    return KeptTurn(
        run=run, parent=parent, question="Why?", asked_at=0.0, state="done", events=timed(answered(run, "So."))
    )


def told(event: AnyEvent) -> tuple[str | None, list[str], int]:
    assert isinstance(event, Branched)
    return event.after, [turn.run for turn in event.turns], event.earlier


def test_who_asks_for_an_earlier_turn_gets_all_from_it_on_and_others_hear_nothing(chat: LiveChat) -> None:
    heard, others = list[AnyEvent](), list[AnyEvent]()
    chat.enter(others.append)
    chat.enter(heard.append)
    for run in ("r9", "r7", "r4"):
        chat.show(run, heard.append)
    entered, shown = heard
    assert isinstance(entered, Entered)
    assert ([turn.run for turn in entered.turns], entered.earlier) == (["r7", "r8", "r9"], 7)
    assert told(shown) == (None, ["r4", "r5", "r6", "r7", "r8", "r9"], 4)
    assert len(others) == 1


def test_what_is_too_far_back_for_a_screen_is_not_shown(chat: LiveChat) -> None:
    heard = list[AnyEvent]()
    chat.show("r0", heard.append)
    assert told(heard[0]) == (None, ["r7", "r8", "r9"], 7)


def test_a_branch_that_leaves_the_chat_before_what_is_shown_comes_with_all_before_it(chat: LiveChat) -> None:
    heard = list[AnyEvent]()
    chat.enter(heard.append)
    chat.show("x1", heard.append)
    assert told(heard[1]) == (None, ["r0", "x1"], 0)
    assert chat.info.head == "x1"
