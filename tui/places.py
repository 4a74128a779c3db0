"""How places are written: in a document `manual.pdf p. 12`, `changes.md 40-44`; folders `~/papers, /srv/wiki`."""

import os
from collections.abc import Iterable
from pathlib import Path


def place(path: str, page: int | None, lines: tuple[int, int] | None) -> str:
    """The path with its page or its lines, if it has any."""
    if page:
        return f"{path} p. {page}"
    if lines:
        first, last = lines
        return f"{path} {first}" if first == last else f"{path} {first}-{last}"
    return path


def folders_named(roots: Iterable[Path]) -> str:
    """The folders with ~ for the home folder."""
    home = Path.home()
    names = [f"~/{root.relative_to(home)}" if root.is_relative_to(home) else os.fspath(root) for root in roots]
    return ", ".join("~" if name == "~/." else name for name in names)
