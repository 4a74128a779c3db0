"""`docmind stats`: figures from the record, without an engine."""

import json
import time
from pathlib import Path

import pytest

from docmind.agents.record.store import Recorder, record_file
from docmind.agents.records import BENCH, Call
from docmind.tui.cli import main

DAY = 86400.0


def call(profile: str, age: float = 60.0, **fields: object) -> Call:
    """A call `age` seconds ago."""
    defaults = {"run": "r", "phase": "step", "model": "tiny", "total_ms": 3000.0, "outcome": "ok"}
    return Call(**{"profile": profile, "at": time.time() - age, **defaults, **fields})  # type: ignore[arg-type]


def record(data_dir: Path, *calls: Call) -> None:
    recorder = Recorder(record_file(data_dir))
    for each in calls:
        recorder.add(each)
    recorder.close()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCMIND_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_the_table_has_a_line_for_each_profile_and_names_the_errors(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [call("near", first_token_ms=1000.0, completion_tokens=21, model="llama3.1:8b") for _ in range(3)]
    bad = call("near", outcome="failed", code="ERR_5002", total_ms=20_000.0, model="")
    record(data, *good, bad, call("quotes", outcome="cancelled"))
    assert main(["stats"]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("5 calls since 20")
    assert first.endswith(", 1 failed.")
    assert lines == [
        "",
        "profile  calls  errors  first token P50       P95       P99  tok/s  total P50  model",
        "near         4  25.0 %         1,000 ms  1,000 ms  1,000 ms   10.0     3.00 s  llama3.1:8b",
        "quotes       1       -                -         -         -      -          -  tiny",
        "",
        "near: 1 timeout (ERR_5002)",
    ]


def test_json_is_one_object_with_every_figure(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(data, *[call("near", first_token_ms=float(number)) for number in range(1, 101)])
    assert main(["stats", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    (near,) = shown["profiles"]
    assert near["first_token_ms"] == {"avg": 50.5, "p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert (near["profile"], near["calls"], near["ok"], near["success"], near["errors"]) == ("near", 100, 100, 1.0, {})
    since = time.strptime(shown["since"], "%Y-%m-%dT%H:%M:%SZ")
    assert time.strftime("%Y", since) >= "2026"


@pytest.mark.parametrize(("since", "calls"), [("30m", 1), ("12h", 2), ("7d", 3), ("4w", 4)])
def test_since_says_how_far_back(data: Path, since: str, calls: int, capsys: pytest.CaptureFixture[str]) -> None:
    record(data, *[call("near", age) for age in (20 * DAY, 3 * DAY, 3600.0, 60.0)])
    main(["stats", "--json", "--since", since])
    assert json.loads(capsys.readouterr().out)["profiles"][0]["calls"] == calls


@pytest.mark.parametrize("wrong", ["7", "d", "-1d", "7y", "1.5h", ""])
def test_another_period_is_wrong_usage(wrong: str, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", f"--since={wrong}"]) == 2
    assert "such as 7d" in capsys.readouterr().err


def test_an_empty_record_is_told_and_none_is_made(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Nothing is recorded since ")
    assert "docmind ask" in said.err
    assert main(["stats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["profiles"] == []
    assert not data.exists()


def test_measurements_of_bench_do_not_count(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(data, call("near", phase=BENCH))
    main(["stats", "--json"])
    assert json.loads(capsys.readouterr().out)["profiles"] == []


def test_a_damaged_record_is_an_error_that_says_what_to_do(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data.mkdir()
    record_file(data).write_bytes(b"no database at all " * 100)
    assert main(["stats"]) == 1
    message, hint = capsys.readouterr().err.splitlines()
    assert message.endswith("[ERR_6001]")
    assert hint == "Move it away: a new one is begun."


def test_names_from_outside_cannot_reach_the_terminal_as_they_are(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(data, call("near", model="\x1b[31mred\nnext"), call("near", outcome="failed", code="\x1b]0;x\x07ERR_9999"))
    main(["stats"])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "tiny, red next" in said
