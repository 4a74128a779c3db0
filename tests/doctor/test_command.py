"""`docmind doctor`, as a user calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakes import FakeServer


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
