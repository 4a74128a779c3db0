"""A folder of documents, and the real program to ask about it."""

from pathlib import Path

import pytest

MANUAL = """\
# Heat pump HP-42

## Service

The compressor must be inspected every 400 hours of operation.
The flow limit rose from 12 to 18 litres per minute in revision C.

## History

Revision B was withdrawn in 1998 because two valves leaked.
"""


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A heat pump's manual and a file about something else."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "manual.md").write_text(MANUAL)
    (folder / "bread.txt").write_text("Bread is baked at 230 degrees for half an hour.\n")
    return folder
