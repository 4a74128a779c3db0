"""Copies text, and says what was really done: a terminal never answers whether it took it."""

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from typing import NamedTuple

LIMIT_S = 2.0
"""Longest time for a clipboard program, in seconds."""
MOST_OSC52 = 74_994
"""Bytes that a sequence of 100,000 characters carries, the limit of many terminals (xterm, tmux, kitty)."""


class _Tool(NamedTuple):
    command: Sequence[str]
    needs: str
    """The variable without which it cannot work; empty: none."""


_TOOLS = (
    _Tool(("pbcopy",), ""),
    _Tool(("wl-copy",), "WAYLAND_DISPLAY"),
    _Tool(("xclip", "-selection", "clipboard"), "DISPLAY"),
    _Tool(("xsel", "--clipboard", "--input"), "DISPLAY"),
)


async def copy(text: str, write: Callable[[str], None]) -> str:
    """What was done, in words for the user. `write` sends the text to the terminal as OSC 52.

    Inside tmux the text goes to tmux, which passes it on: by default it drops a program's own OSC 52. A clipboard
    program of this machine is the second way.
    """
    text = text.encode(errors="replace").decode()  # half a character, of a name that is not UTF-8, cannot be written
    size = f"{len(text):,} character{'s' * (len(text) != 1)}"
    done, failed = [], []
    for tool in _local_tools():
        why = await _run(tool, text)
        if why:
            failed.append(why)
        else:
            done.append(f"to the clipboard by {tool[0]}")
            break
    if os.environ.get("TMUX"):
        why = await _run(("tmux", "load-buffer", "-w", "-"), text)
        if why:
            failed.append(why)
        else:
            done.append("to tmux's buffer, and by tmux to the terminal where that allows it")
    elif len(text.encode()) <= MOST_OSC52:
        write(text)
        done.append("to the terminal (OSC 52), which may or may not take it")
    else:
        failed.append(f"more than {MOST_OSC52 // 1000} KB is not sent to a terminal")
    told = f"Copied {size} {' and '.join(done)}." if done else f"{size} could not be copied."
    return f"{told} Not done: {'; '.join(failed)}." if failed else told


def _local_tools() -> list[Sequence[str]]:
    """The programs that could work here."""
    return [
        tool.command
        for tool in _TOOLS
        if shutil.which(tool.command[0]) and (not tool.needs or os.environ.get(tool.needs))
    ]


async def _run(command: Sequence[str], text: str) -> str:
    """Feeds it the text; why it failed, empty where it did not."""
    quiet, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=quiet, stderr=quiet)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    try:
        async with asyncio.timeout(LIMIT_S):
            await process.communicate(text.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"{command[0]} did not end within {LIMIT_S:g} s"
    return f"{command[0]} ended with status {process.returncode}" if process.returncode else ""
