"""The folder where docmind keeps its data, and the room on its disk."""

import os
import shutil
from pathlib import Path

from ..text import one_line
from .findings import Finding

LOW = 1_000_000_000
"""Bytes of free disk below which an index or a record may fail."""


def places(data_dir: Path) -> list[Finding]:
    """Whether it can be written, and how much room there is."""
    shown = one_line(os.fspath(data_dir), 500)
    existing = next(folder for folder in (data_dir, *data_dir.absolute().parents) if os.path.exists(folder))
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        do = "Give yourself the right to write there, or name another folder by --data-dir."
        return [Finding(level="problem", what="data folder", why=f"{shown} cannot be written.", do=do)]
    free = shutil.disk_usage(existing).free
    if free < LOW:
        why = f"Only {free / 1e9:.1f} GB are free at {shown}."
        return [Finding(level="problem", what="disk", why=why, do="Free some space: indexes are kept there.")]
    return [Finding(level="ok", what="data folder", why=f"{shown}, {free / 1e9:.0f} GB free")]
