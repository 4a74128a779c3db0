"""`docmind export --run` and `docmind replay`: an answer shown again, event for event, without an engine."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from docmind.agents.chats.store import ChatStore
from docmind.agents.protocol import Answered, Failed, KeptTurn, Prompted, TimedEvent
from docmind.agents.records import Attempt
from docmind.tui.chats.side_by_side import side_by_side, told
from docmind.tui.cli import main
from docmind.tui.transcript.turn import Turn
from docmind.tui.wrapping import columns_of
from fakes.chats import answered, stopped, timed

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def saved(file: Path, tmp_path: Path, capsys: Captured) -> Path:
    assert main(["export", "--run", "c1r1", str(tmp_path / "run.json")]) == 0
    capsys.readouterr()
    return tmp_path / "run.json"


def replayed(capsys: Captured, *arguments: str | Path) -> Any:
    assert main(["replay", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_events_are_those_that_were_kept(file: Path, saved: Path, capsys: Captured) -> None:
    found = msgspec.convert(replayed(capsys, saved)["events"], list[TimedEvent])
    with ChatStore(file) as store:
        kept = store.turn("c1r1").events
    assert found == [timed for timed in kept if not isinstance(timed.event, Prompted)]


def test_it_is_shown_as_it_was_asked(saved: Path, capsys: Captured) -> None:
    for pace in (["--at-once"], ["--speed", "1000"]):
        assert main(["replay", str(saved), *pace]) == 0
        said = capsys.readouterr()
        assert said.out == "The pump is blue [1].\n\nSources\n  [1] manual.md 3   The pump is blue.\n"
        assert said.err.splitlines() == [
            "Which colour?",
            "Of the pump?",
            "",
            '  searched "colour"   1 passage   0.01 s',
            "  fast broke off. Continued by near.",
            "  near · tiny   first 0.1 s, all 0.9 s   20 tok/s",
        ]


def test_an_answer_of_whose_record_a_part_is_lost_is_shown_all_the_same(saved: Path, capsys: Captured) -> None:
    run = json.loads(saved.read_bytes())
    run["events"] = [[at, event] for at, event in run["events"] if event["type"] != "toolcalled"]
    saved.write_text(json.dumps(run))
    assert main(["replay", str(saved), "--at-once"]) == 0
    assert capsys.readouterr().out.startswith("The pump is blue [1].\n")


def test_a_failure_is_told_without_the_commands_of_the_screen() -> None:
    attempt = Attempt(profile="big", ok=False, code="ERR_5001", reason="big: nothing answers.")
    turn = Turn("r1", "Why?")
    turn.take(Failed(run="r1", code="ERR_5000", message="Every ...", hint="Start it.", attempts=[attempt]), 1.0)
    assert told("then", turn).endswith("  big: nothing answers. [ERR_5001]\nStart it.")


def test_the_last_answer_is_taken_where_none_is_named(file: Path, capsys: Captured) -> None:
    for arguments, run in (([], "c2r3"), (["c1"], "c1r3"), (["c1r2"], "c1r2")):
        assert main(["export", "--run", *arguments]) == 0
        assert json.loads(capsys.readouterr().out)["run"] == run
    assert main(["export", "--run", "nothing"]) == 1
    assert "[ERR_6005]" in capsys.readouterr().err


def test_an_answer_that_broke_off_is_shown_as_far_as_it_goes(file: Path, tmp_path: Path, capsys: Captured) -> None:
    main(["export", "--run", "c1r3", str(tmp_path / "broken.json")])
    capsys.readouterr()
    assert main(["replay", str(tmp_path / "broken.json"), "--at-once"]) == 0
    said = capsys.readouterr()
    assert said.out == "The roof\n"
    assert "It broke. [ERR_5017]" in said.err


def test_a_run_file_of_the_future_and_a_broken_one_are_refused(saved: Path, capsys: Captured) -> None:
    saved.write_text(saved.read_text().replace('"version":1', '"version":2'))
    assert main(["replay", str(saved)]) == 1
    assert "[ERR_6008]" in capsys.readouterr().err
    saved.write_text(saved.read_text()[:-9])
    assert main(["replay", str(saved)]) == 1
    assert "[ERR_6007]" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more", [["--speed", "0"], ["--speed", "nan"], ["--speed", "inf"], ["--speed", "2", "--at-once"], ["papers"]]
)
def test_wrong_usage_exits_with_2(more: list[str], saved: Path, capsys: Captured) -> None:
    assert main(["replay", str(saved), *more]) == 2
    assert "[ERR_1002]" in capsys.readouterr().err


def turn(*events: Answered | Failed) -> Turn:
    return Turn.recalled(
        KeptTurn(run="r", parent=None, question="?", asked_at=0.0, state="done", events=timed(*events)), 0.0
    )


def test_two_answers_stand_beside_each_other_where_there_is_room() -> None:
    left = told("then", turn(answered("r", "Short.", "fast")))
    right = told("now", turn(answered("r", "蓝色的泵 " * 30 + "x" * 90, "near")))
    wide = list(side_by_side(left, right, 120))
    assert wide[0].split(" │ ")[0].rstrip() == "then: fast · tiny"
    assert wide[0].endswith(" │ now: near · tiny")
    assert max(map(columns_of, wide)) <= 120
    narrow = list(side_by_side(left, right, 80))
    assert narrow.index("then: fast · tiny") < narrow.index("─" * 80) < narrow.index("now: near · tiny")
    assert max(map(columns_of, narrow)) <= 80


def test_what_was_never_answered_says_why() -> None:
    text = told("then", turn(stopped("r")))
    assert text.startswith("then: not answered")
    assert "Stopped. [cancelled]" in text
