"""What the tests of the library share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """An empty folder for documents, and its index."""
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.close()
