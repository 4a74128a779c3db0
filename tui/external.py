"""Opens a file in the user's editor or pager, while the screen waits."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from textual.app import App, SuspendNotSupported

from docmind.agents.text import one_line

_PLUS_LINE = {
    "vi",
    "vim",
    "nvim",
    "view",
    "nano",
    "emacs",
    "emacsclient",
    "micro",
    "joe",
    "kak",
    "ne",
    "less",
    "more",
    "most",
}
_COLON_LINE = {"hx", "helix", "zed", "subl"}
_BINARY = {".pdf", ".docx", ".odt", ".epub", ".pptx", ".xlsx", ".doc", ".png", ".jpg", ".jpeg", ".gif"}


def open_file(app: App[int], path: bytes, line: int | None) -> str:
    """Shows it; what went wrong, in words for the user, empty where nothing did. `line` counts from 1."""
    shown = one_line(os.fsdecode(path), 500)
    if Path(os.fsdecode(path)).suffix.lower() in _BINARY:
        return f"No editor shows this kind of file as text. It is here: {shown}"
    command = _program()
    if not command:
        return f"No editor was found: set EDITOR to the one you like. The file is {shown}"
    try:
        with app.suspend():
            done = subprocess.run([*command, *_place(command[0], path, line)], check=False)
    except SuspendNotSupported:
        return f"This terminal cannot be handed to an editor. The file is {shown}"
    except OSError as error:
        return f"{one_line(command[0])} does not start: {error.strerror}. The file is {shown}"
    return f"{one_line(command[0])} ended with status {done.returncode}." if done.returncode else ""


def _program() -> list[str]:
    """VISUAL, EDITOR, PAGER, else what there is."""
    for variable in ("VISUAL", "EDITOR", "PAGER"):
        try:
            if words := shlex.split(os.environ.get(variable, "")):
                return words
        except ValueError:  # an open quotation mark
            continue
    return next(([name] for name in ("less", "vi", "nano", "more") if shutil.which(name)), [])


def _place(program: str, path: bytes, line: int | None) -> list[bytes]:
    """Absolute paths begin with a slash, so that no name is taken for an option."""
    name = os.path.basename(program)
    if line is None:
        return [path]
    if name in _PLUS_LINE:
        return [b"+%d" % line, path]
    if name in _COLON_LINE:
        return [path + b":%d" % line]
    if name in ("code", "codium"):
        return [b"--goto", path + b":%d" % line]
    return [path]
