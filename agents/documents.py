"""The opened folders' index: brought up to date before it is needed, and how it is told."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .errors import Code, DocmindError
from .library.index import Library
from .library.sync import Progress
from .protocol import AnyEvent
from .protocol import Library as LibraryState
from .settings import LibrarySettings
from .text import one_line
from .updating import update

FRESH_FOR_S = 1.0
"""An update that follows so soon on another, as a question after Open, does not look for changes again."""


class Documents:
    """Keeps `library` up to date with the folders `roots`; `tell` hears how it goes."""

    def __init__(
        self,
        roots: Sequence[Path],
        file: Path,
        library: Library,
        settings: LibrarySettings,
        tell: Callable[[AnyEvent], None],
    ) -> None:
        self._roots, self._file, self._library, self._settings, self._tell = roots, file, library, settings, tell
        self._updating = asyncio.Lock()
        self._updated_at = -FRESH_FOR_S

    async def update(self) -> None:
        """Reads what has changed. Raises DocmindError where there is nothing to answer from."""
        async with self._updating:
            notice = ""
            if time.monotonic() - self._updated_at >= FRESH_FOR_S:
                notice = await self._read_changes()
                self._updated_at = time.monotonic()
        files, chunks = await asyncio.to_thread(self._library.counts)
        self._tell(LibraryState(ready=True, files=files, chunks=chunks, notice=notice))
        if not chunks:
            folders = ", ".join(one_line(str(root)) for root in self._roots)
            hint = "`docmind index` on these folders says what was left out, and why."
            raise DocmindError(Code.NO_DOCUMENTS, f"There is nothing to read in {folders}.", hint)

    async def _read_changes(self) -> str:
        """What the user should know, where the index cannot be brought up to date but has documents to answer from."""
        usable = await asyncio.to_thread(self._is_usable)
        try:
            await update(self._roots, self._file, self._settings, self._reading, wait=not usable)
        except DocmindError as error:
            if not usable or error.code not in (Code.INDEX_BUSY, Code.DISK):
                raise
            return f"{error.message} The answer comes from what was read before."
        return ""

    def _is_usable(self) -> bool:
        try:
            return self._library.counts()[1] > 0
        except DocmindError:
            return False

    def _reading(self, progress: Progress) -> None:
        notice = "Another docmind is updating this index: waiting for it." if progress.state == "waiting" else ""
        state = LibraryState(ready=False, done=progress.done, todo=progress.todo, failed=progress.failed, notice=notice)
        self._tell(state)
