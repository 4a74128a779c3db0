"""Nothing that a document, a model or a server wrote is obeyed by the terminal."""

import os
import re
import sys
from pathlib import Path

from terminal import Terminal

APP = Path(__file__).with_name("hostile_app.py")
OURS = re.compile(
    r"\x1b\[\?(?:7|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]|\x1b\[\?25l|\x1b\[\?20\d\d\$p|\x1b\[>\d+u"
    r"|\x1b\[\d{1,2}(?:;\d{1,3})?H|\x1b\[\d*C|\x1b\[\d+X|\x1b\[(?![\d;]*213)[\d;]*m|\x1b\]22;[a-z]+(?:\x07|\x1b\\)"
)
"""What docmind may write while it runs."""
DANGEROUS = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")


def foreign(batches: int, size: int, *mode: str) -> set[str]:
    """What the terminal got that is not ours, each with what follows it."""
    command = [sys.executable, os.fspath(APP), str(batches), str(size), *mode]
    with Terminal(command, os.environ | {"TERM": "xterm-256color"}, columns=200, rows=99) as terminal:
        terminal.until(lambda: b"all shown" in terminal.raw, "the end", 90)
        cells = [terminal.screen.buffer[row][column].data for row in range(99) for column in range(200)]
        assert mode or "".join(cells).count("batch 0") >= 4, "the strings are not on the screen"
    raw = terminal.raw.decode(errors="replace")
    rest = OURS.sub("", raw)
    return {rest[found.start() : found.start() + 12] for found in DANGEROUS.finditer(rest)}


def test_of_20000_hostile_strings_nothing_reaches_the_terminal_raw() -> None:
    assert foreign(100, 200) == set()


def test_these_strings_are_hostile_to_a_program_without_the_gate() -> None:
    assert {"\x1b", "\x9b", "\u202e", "\u200b"} <= {found[0] for found in foreign(1, 200, "open")}
