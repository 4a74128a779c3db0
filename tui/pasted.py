"""Keeps a paste that is too long for the prompt as a file."""

import os
import time
from pathlib import Path

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import one_line


def keep(text: str, data_dir: Path) -> Path:
    """A new file of mode 0600 with this text, in UTF-8. Raises DocmindError (DISK)."""
    folder = data_dir / "screen"
    stem = time.strftime("pasted-%Y%m%d-%H%M%S")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _write(folder, stem, text.encode(errors="replace"))
    except OSError as error:
        where = one_line(os.fspath(folder), 500)
        hint = "The text was not kept: paste it into a file yourself."
        raise DocmindError(Code.DISK, f"{where} cannot be written: {error.strerror}.", hint) from error


def _write(folder: Path, stem: str, content: bytes) -> Path:
    """Raises OSError."""
    number = 0
    while True:
        file = folder / (f"{stem}-{number}.txt" if number else f"{stem}.txt")
        try:
            with open(file, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
                stream.write(content)
            return file
        except FileExistsError:
            number += 1
