"""A folder of documents and its index."""

import os
from pathlib import Path

from docmind.agents.library.index import Library
from docmind.agents.library.store import library_file
from docmind.agents.library.sync import Listener, Report, pending, sync
from docmind.agents.records import Passage
from docmind.agents.settings import LibrarySettings


class Shelf:
    """Write documents, `sync`, and look at `library`."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "documents"
        self.folder.mkdir()
        self.file = library_file(base / "data", [self.folder])
        self.settings = LibrarySettings()
        self.library = Library(self.file)

    def write(self, name: str | bytes, content: str | bytes) -> Path:
        path = self.folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def sync(self, progress: Listener | None = None, rebuild: bool = False) -> Report:
        return sync([self.folder], self.file, self.settings, progress, rebuild)

    def pending(self) -> bool:
        return pending([self.folder], self.file, self.settings)

    def found(self, query: str) -> list[str]:
        """The paths that a search finds, best first."""
        return [passage.path for passage in self.library.search(query)]

    def only(self, query: str) -> Passage:
        """The one passage that a search finds."""
        (passage,) = self.library.search(query)
        return passage

    def close(self) -> None:
        self.library.close()
