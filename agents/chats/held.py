"""The chats that the engine has in memory: those that somebody looks at, and those in which an answer is awaited."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..errors import Code, DocmindError
from ..protocol import ChatInfo, Enter, KeptTurn, Listed, Saving
from .copying import copied
from .journal import Journal
from .live import Listener, LiveChat
from .opening import prepare
from .records import Summary
from .rows import roots_key
from .schema import chats_file
from .store import ChatStore

WRITTEN_S = 2.0
"""Longest wait for what has just happened in a chat to be on the disk, before it is read again."""


class HeldChats:
    """Gives a chat to whoever enters it, and lets it go when nobody needs it any more."""

    def __init__(self, data_dir: Path, changed: Callable[[], None]) -> None:
        """`changed` is called when there may be nothing more to do."""
        self._data_dir, self._file, self._changed = data_dir, chats_file(data_dir), changed
        self._held: dict[str, LiveChat] = {}
        self._loop = asyncio.get_running_loop()
        self._notice, self._problem = "", ""
        self._journal: Journal | None = None
        self._secrets = set[str]()
        self._opening = asyncio.Lock()

    @property
    def are_busy(self) -> bool:
        """Whether any question is being answered."""
        return any(chat.is_busy for chat in self._held.values())

    @property
    def are_unsaved(self) -> bool:
        """Whether something is in memory alone that is to be saved."""
        return bool(self._problem)

    async def enter(self, command: Enter, roots: Sequence[bytes], saved: bool, listener: Listener) -> LiveChat:
        """The chat, which `listener` hears from now on. `saved`: whether what happens in it is kept.

        Raises DocmindError: as the store does for one that is not in memory.
        """
        journal = await self._open()
        chat = self._awaited_on(roots) if command.going_on else self._held.get(command.chat)
        if command.copy:
            chat = await self._copied(command.copy, journal, saved)
        elif not chat and command.chat:
            await self._written(journal)
            info, turns, summaries = await asyncio.to_thread(self._read, command.chat)
            chat = self._held.get(info.id) or self._hold(info, turns, journal if saved else None)
            chat.summaries.load(summaries)
        elif not chat:
            now = time.time()
            info = ChatInfo(id=uuid.uuid4().hex, title="", roots=sorted(roots), made_at=now, changed_at=now)
            chat = self._hold(info, [], journal if saved else None)
        chat.enter(listener, self._notice)
        self._notice = ""
        if self._problem:
            listener(Saving(run="", problem=self._problem))
        return chat

    def leave(self, chat: LiveChat, listener: Listener) -> None:
        """It hears nothing more; what is being answered goes on."""
        chat.leave(listener)
        self.let_go(chat)

    def let_go(self, chat: LiveChat) -> None:
        """Forgets it if nobody needs it, and it can be read again."""
        if not chat.is_needed and not self._problem:
            self._held.pop(chat.info.id, None)
        self._changed()

    async def reread(self, chats: Iterable[str]) -> None:
        """A client has changed them on the disk: whoever looks at one of them hears of it."""
        for chat in [self._held[name] for name in chats if name in self._held]:
            if self._journal:
                await self._written(self._journal)
            with contextlib.suppress(DocmindError):  # it is not kept, or cannot be read: it stays as it is
                chat.relist(await asyncio.to_thread(self._read_info, chat.info.id))
        self._tell_listed()

    def hide(self, secrets: Iterable[str]) -> None:
        """They are never written."""
        self._secrets.update(secrets)
        if self._journal:
            self._journal.hide(self._secrets)

    async def stop(self) -> None:
        """Ends what is being answered; whoever listens hears it."""
        await asyncio.gather(*(chat.stop() for chat in self._held.values()))

    async def aclose(self) -> None:
        """Writes what is not written yet."""
        await self.stop()
        if self._journal:
            await asyncio.to_thread(self._journal.close)

    async def _open(self) -> Journal:
        """Not before somebody needs it; the chats are brought into order then."""
        async with self._opening:
            if not self._journal:
                self._notice = await asyncio.to_thread(prepare, self._file)
                self._journal = Journal(self._file, self._saving, self._listed)
                self._journal.hide(self._secrets)
            return self._journal

    def _saving(self, problem: str) -> None:
        """In the journal's thread."""
        self._loop.call_soon_threadsafe(self._tell_saving, problem)

    def _listed(self) -> None:
        """In the journal's thread."""
        self._loop.call_soon_threadsafe(self._tell_listed)

    def _tell_listed(self) -> None:
        for chat in list(self._held.values()):
            chat.tell(Listed())

    def _tell_saving(self, problem: str) -> None:
        self._problem = problem
        for chat in list(self._held.values()):
            chat.tell(Saving(run="", problem=problem))
            self.let_go(chat)
        self._changed()

    def _awaited_on(self, roots: Sequence[bytes]) -> LiveChat | None:
        """The newest on these folders in which an answer is on its way, or came unseen."""
        folders = roots_key(roots)
        there = [chat for chat in self._held.values() if chat.is_awaited and roots_key(chat.info.roots) == folders]
        return max(there, key=lambda chat: chat.info.changed_at, default=None)

    async def _copied(self, named: str, journal: Journal, saved: bool) -> LiveChat:
        """From the disk, where no secret stands. Raises DocmindError: DISK while it is not being saved."""
        await self._written(journal)
        if self._problem:
            raise DocmindError(Code.DISK, "A chat cannot be copied while it is not being saved.", self._problem)
        info, turns, summaries = copied(*await asyncio.to_thread(self._read, named), time.time())
        if saved:
            journal.write(lambda store: store.put(info, turns, summaries.values()))
        chat = self._hold(info, turns, journal if saved else None)
        chat.summaries.load(summaries)
        return chat

    def _read(self, named: str) -> tuple[ChatInfo, list[KeptTurn], dict[str, Summary]]:
        """Raises DocmindError."""
        with ChatStore(self._file) as store:
            info = store.chat(named)
            return info, store.turns(info.id), store.summaries(info.id)

    def _read_info(self, chat: str) -> ChatInfo:
        """Raises DocmindError."""
        with ChatStore(self._file) as store:
            return store.chat(chat)

    async def _written(self, journal: Journal) -> None:
        """Waits for what was handed to the journal before, which has a few milliseconds' work with it."""
        reached = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WRITTEN_S):
                for _ in range(2):  # the first is reached before its transaction ends, the second after that
                    reached.clear()
                    journal.write(lambda _: self._loop.call_soon_threadsafe(reached.set))
                    await reached.wait()

    def _hold(self, info: ChatInfo, turns: Iterable[KeptTurn], journal: Journal | None) -> LiveChat:
        chat = self._held[info.id] = LiveChat(info, turns, journal, self._data_dir)
        return chat
