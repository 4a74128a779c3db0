"""The chats that the engine has in memory: those that somebody looks at, and those in which an answer is awaited."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from ..protocol import ChatInfo, Enter
from .journal import Journal
from .live import Listener, LiveChat


class HeldChats:
    """Gives a chat to whoever enters it, and lets it go when nobody needs it any more."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._held: dict[str, LiveChat] = {}
        self._journal = Journal()

    @property
    def are_busy(self) -> bool:
        """Whether any question is being answered."""
        return any(chat.is_busy for chat in self._held.values())

    async def enter(self, command: Enter, roots: Sequence[bytes], listener: Listener) -> LiveChat:
        """The chat, which `listener` hears from now on.

        Raises DocmindError: USAGE for one that does not exist, and as the store does.
        """
        chat = self._going_on(roots) if command.going_on else None
        if command.chat:
            chat = self._held.get(command.chat)
        chat = chat or self._new(roots)
        chat.enter(listener)
        return chat

    def leave(self, chat: LiveChat, listener: Listener) -> None:
        """It hears nothing more; what is being answered goes on."""
        chat.leave(listener)
        self.let_go(chat)

    def let_go(self, chat: LiveChat) -> None:
        """Forgets it if nobody needs it."""
        if not chat.is_needed:
            self._held.pop(chat.info.id, None)

    async def aclose(self) -> None:
        """Ends what is being answered, and keeps what there is of it."""
        await asyncio.gather(*(chat.aclose() for chat in self._held.values()))

    def _new(self, roots: Sequence[bytes]) -> LiveChat:
        now = time.time()
        info = ChatInfo(id=uuid.uuid4().hex, title="", roots=sorted(roots), made_at=now, changed_at=now)
        chat = LiveChat(info, [], self._journal, self._data_dir)
        self._held[info.id] = chat
        return chat

    def _going_on(self, roots: Sequence[bytes]) -> LiveChat | None:
        """The newest on these folders in which an answer is awaited."""
        there = [chat for chat in self._held.values() if chat.is_awaited and chat.info.roots == sorted(roots)]
        return max(there, key=lambda chat: chat.info.changed_at, default=None)
