"""`docmind doctor`, as a user calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakes import FakeServer
from terminal import Terminal


def doctor(folder: Path, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "docmind", "doctor", *arguments]
    quiet = {"TERM": "xterm", "COLORTERM": "truecolor"}
    return subprocess.run(
        command, env={**os.environ, **quiet, **environ}, cwd=folder, capture_output=True, encoding="utf-8", check=False
    )


def test_every_finding_says_what_why_and_what_to_do(tmp_path: Path) -> None:
    told = json.loads(doctor(tmp_path, "--json").stdout)
    assert told.keys() == {"findings", "hardware", "engines", "recommendation"}
    for finding in told["findings"]:
        assert finding.keys() == {"level", "what", "why", "do"}
        assert finding["why"]
        assert finding["do"] or finding["level"] == "ok"
    assert {"llama.cpp", "settings", "data folder", "terminal"} <= {finding["what"] for finding in told["findings"]}
    assert told["hardware"]["ram_total_bytes"] > 0
    assert told["engines"]["packages"]["nvidia-ml-py"]
    assert told["recommendation"].keys() == {"kind", "size", "reasons"}


async def test_profiles_are_looked_at(tmp_path: Path) -> None:
    async with FakeServer() as server:
        text = f'[profiles.good]\nkind = "ollama"\nurl = "{server.ollama_url}"\n'
        text += '[profiles.bad]\nkind = "ollama"\nurl = "http://127.0.0.1:1"\n'
        (tmp_path / "my.toml").write_text(text)
        done = doctor(tmp_path, "--config", "my.toml")
    assert done.returncode == 1
    assert "  profile good" in done.stdout
    assert "! profile bad" in done.stdout
    assert "[ERR_5001]" in done.stdout
    assert "Recommended: ollama" in done.stdout
    assert f"Ollama 0.12.0 at {server.ollama_url}, for good" in done.stdout


async def test_the_servers_are_told_for_programs(tmp_path: Path) -> None:
    async with FakeServer() as server:
        (tmp_path / "my.toml").write_text(f'[profiles.good]\nkind = "openai"\nurl = "{server.openai_url}"\n')
        told = json.loads(doctor(tmp_path, "--config", "my.toml", "--json").stdout)
        engine = {"name": "vLLM", "version": "0.32.0", "url": server.openai_url, "profiles": ["good"]}
    assert engine in told["engines"]["servers"]


@pytest.mark.parametrize(
    ("size", "answers", "said"),
    [
        ((120, 40), True, "  terminal     120 columns, 40 rows, paints whole frames"),
        ((60, 40), True, "- terminal     It has 60 columns and 40 rows"),
        ((120, 40), False, "- terminal     It does not say what it can do"),
    ],
)
def test_a_terminal_is_asked_what_it_can_do(
    size: tuple[int, int], answers: bool, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not answers:
        monkeypatch.setattr("terminal._answers", lambda _columns, _rows: [])
    environ = {**os.environ, "TERM": "xterm", "COLORTERM": "truecolor"}
    with Terminal([sys.executable, "-m", "docmind", "doctor"], environ, columns=size[0], rows=size[1]) as terminal:
        assert terminal.ended() in (0, 1)
    assert said in terminal.text()
    assert "$y" not in terminal.text()


@pytest.mark.parametrize(("term", "level"), [("dumb", "!"), ("", "!")])
def test_a_terminal_without_a_cursor_is_a_problem(term: str, level: str, tmp_path: Path) -> None:
    done = doctor(tmp_path, TERM=term)
    assert done.returncode == 1
    assert f"{level} terminal" in done.stdout


def test_wrong_settings_are_a_finding_and_no_end(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("theme = 5\n")
    done = doctor(tmp_path, "--config", "my.toml")
    assert done.returncode == 1
    assert "! settings" in done.stdout
    assert "[ERR_1001]" in done.stdout
    assert "Recommended" in done.stdout
