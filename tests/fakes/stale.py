"""Passages of old answers, looked at again."""

import os
from pathlib import Path

from docmind.agents.looking import Looker
from docmind.agents.protocol import Look, Source
from docmind.agents.records import Passage

from .shelf import Shelf

OLD = "The pump of the cooling loop is blue and moves 12 litres a minute."
NEW = OLD.replace("12", "18")
NOTES = "".join(f"Line {number} is about the {word}.\n" for number, word in enumerate(["sun", "moon", "sea"] * 40, 1))


def seen(shelf: Shelf, passage: Passage, *, brief: bool = False, roots: list[Path] | None = None) -> Source:
    looker = Looker(shelf.library, shelf.settings, [shelf.folder])
    return looker.look(Look(look="1", passage=passage, brief=brief, roots=list(map(os.fsencode, roots or []))))


def kept(shelf: Shelf, name: str, content: str | bytes, query: str = "pump litres") -> Passage:
    """A passage of this file, as a chat keeps it."""
    shelf.write(name, content)
    shelf.sync()
    return next(passage for passage in shelf.library.search(query) if passage.path == name)
