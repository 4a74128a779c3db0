"""What the terminal can do, as far as its variables and its own answers tell."""

import os
import re
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator

from docmind.agents.doctor.findings import Finding

SMALLEST = (80, 24)
"""Columns and rows that the screen was made for."""
_ASKED = b"\x1b[?2026$p\x1b[c"
"""Whether it paints whole frames (mode 2026); then who it is, which every terminal answers."""
_LIMIT_S = 2.0
"""For the answer; a slow line needs a part of it, and only a terminal that answers nothing takes all of it."""


def terminal() -> Iterator[Finding]:
    """Findings; the first one is for the kind and its colours."""
    term = os.environ.get("TERM", "")
    if term in ("", "dumb"):
        why = f"TERM is {term or 'not set'}: the chat needs a terminal that can move its cursor."
        do = "Set TERM to what your terminal is, for example xterm-256color; `docmind ask` works anyway."
        yield Finding(level="problem", what="terminal", why=why, do=do)
        return
    yield _colours(term)
    if "utf" not in (sys.stdout.encoding or "").lower():
        why = f"Its text is {sys.stdout.encoding}, not UTF-8: lines and graphs are not shown as they should be."
        yield Finding(level="note", what="terminal", why=why, do="export LANG=C.UTF-8")
    if sys.stdin.isatty() and sys.stdout.isatty():
        yield from _measured()


def _colours(term: str) -> Finding:
    colours = os.environ.get("COLORTERM", "")
    if os.environ.get("NO_COLOR"):
        return Finding(level="ok", what="terminal", why=f"{term}, without colours because of NO_COLOR")
    if colours in ("truecolor", "24bit"):
        return Finding(level="ok", what="terminal", why=f"{term} with all colours")
    do = "Where the terminal can do more: export COLORTERM=truecolor"
    return Finding(level="note", what="terminal", why=f"{term}: 256 colours or fewer are used.", do=do)


def _measured() -> Iterator[Finding]:
    columns, rows = os.get_terminal_size(sys.stdout.fileno())
    if columns < SMALLEST[0] or rows < SMALLEST[1]:
        why = f"It has {columns} columns and {rows} rows; some lists and lines are cut off."
        do = f"Make it {SMALLEST[0]} by {SMALLEST[1]} or larger; from 100 columns on there is a sidebar."
        yield Finding(level="note", what="terminal", why=why, do=do)
    answer = _answer()
    if answer is None:
        why = "It does not say what it can do."
        yield Finding(level="note", what="terminal", why=why, do="Nothing, unless the chat looks wrong: then set TERM.")
    elif re.search(rb"\x1b\[\?2026;[12]\$y", answer):
        yield Finding(level="ok", what="terminal", why=f"{columns} columns, {rows} rows, paints whole frames")
    else:
        why = f"{columns} columns, {rows} rows; it does not paint whole frames (mode 2026): large changes may flicker."
        do = "A newer terminal may; inside tmux, a newer tmux."
        yield Finding(level="note", what="terminal", why=why, do=do)


def _answer() -> bytes | None:
    """What it answers; None where nothing comes in time. Keys that are typed meanwhile are lost."""
    fd, answer, end = sys.stdin.fileno(), b"", time.monotonic() + _LIMIT_S
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd)
        os.write(sys.stdout.fileno(), _ASKED)
        while not re.search(rb"\x1b\[\?[\d;]*c", answer):
            if not select.select([fd], [], [], max(end - time.monotonic(), 0))[0]:
                return None
            answer += os.read(fd, 256)
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
    return answer
