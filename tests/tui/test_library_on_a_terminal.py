"""`docmind index` and `docmind search` on a terminal: progress, wrapped results, Ctrl-C."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from docmind.tui.cli import main


def test_progress_is_one_line_on_a_terminal_and_then_gone(folder: Path) -> None:
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "docmind", "index", str(folder)]
    with subprocess.Popen(command, stderr=end, stdout=subprocess.PIPE, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(end)
        painted = _everything(terminal)
        assert process.stdout
        assert b"1 documents" in process.stdout.read()
    assert b"looking for files" in painted
    assert b"\n" not in painted
    assert painted.endswith(b"\r\x1b[K")


def test_on_a_terminal_results_are_wrapped_between_words(tmp_path: Path) -> None:
    (tmp_path / "gasket.txt").write_text("The gasket between the two halves of the housing is made of cork.")
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "docmind", "search", "gasket", str(tmp_path)]
    with subprocess.Popen(command, stdout=end, env={**os.environ, "TERM": "dumb", "COLUMNS": "30"}):
        os.close(end)
        lines = _everything(terminal).decode().splitlines()
    assert lines == [
        "gasket.txt 1",
        "    The gasket between the two",
        "    halves of the housing is",
        "    made of cork.",
        "",
    ]


def test_an_interruption_exits_with_130_and_keeps_what_was_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(300):
        (tmp_path / f"{number:03}.md").write_text(f"# Apple {number}\n\n" + "It is ripe. " * 500)
    data = tmp_path / "data"
    command = [sys.executable, "-m", "docmind", "index", str(tmp_path), "--data-dir", str(data)]
    terminal, end = pty.openpty()
    with subprocess.Popen(command, stderr=end, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(end)
        painted = b""
        while b"reading" not in painted:
            painted += os.read(terminal, 4096)
        process.send_signal(signal.SIGINT)
        _everything(terminal)
    assert process.returncode == 130
    assert main(["index", str(tmp_path), "--data-dir", str(data), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["files"] == 300
    assert report["added"] < 300


def _everything(terminal: int) -> bytes:
    """All that is written to a terminal until nobody has it open."""
    text = b""
    try:
        while piece := os.read(terminal, 4096):
            text += piece
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(terminal)
    return text
