"""The whole program on terminals of many kinds."""

from pathlib import Path

import pytest

from program import Program
from terminal import Terminal


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "xterm"},
        {"TERM": "xterm-256color"},
        {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
        {"TERM": "screen"},
        {"TERM": "tmux-256color"},
        {"TERM": "linux"},
        {"TERM": "xterm-256color", "NO_COLOR": "1"},
    ],
    ids=lambda environ: "-".join(environ.values()),
)
def test_the_chat_opens_and_ends_on_every_kind_of_terminal(
    program: Program, folder: Path, environ: dict[str, str]
) -> None:
    quiet = {name: value for name, value in program.environ.items() if name not in ("COLORTERM", "NO_COLOR")}
    with Terminal(program.command(folder), quiet | environ, columns=80, rows=24) as terminal:
        terminal.wait("Ask about your documents")
        terminal.keys("pump")
        terminal.wait("pump")
        terminal.keys("ctrl+q")
        assert terminal.ended() == 0
    may_be_rgb = "COLORTERM" in environ
    may_be_one_of_256 = "256" in environ["TERM"]
    assert (b"38;2;" in terminal.raw) == may_be_rgb
    assert may_be_one_of_256 or b"38;5;" not in terminal.raw


def test_the_terminal_is_left_as_it_was_found(program: Program, folder: Path) -> None:
    with Terminal(program.command(folder), program.environ, columns=80, rows=24) as terminal:
        terminal.wait("Ask about your documents")
        terminal.keys("ctrl+q")
        assert terminal.ended() == 0
    for mode in (b"1049", b"1000", b"1003", b"1006", b"1004", b"2004"):
        assert terminal.raw.rfind(b"\x1b[?%sl" % mode) > terminal.raw.rfind(b"\x1b[?%sh" % mode), mode
    assert b"\x1b[0m\x1b[?1049l" in terminal.raw  # not every terminal forgets the colours by itself
    assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")


def test_after_a_storm_of_sizes_the_screen_is_whole(program: Program, folder: Path) -> None:
    with Terminal(program.command(folder), program.environ) as terminal:
        terminal.wait("quotes ●.*Library.*1 file")
        for columns in range(40, 160, 3):
            terminal.resize(columns, 10 + columns % 40)
            terminal.read(0)
        terminal.resize(120, 40)
        terminal.wait("quotes ●.*Library.*1 file.*Ask about your documents")
