"""All chats: Enter opens one, keys name, pin, archive and delete it."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from docmind.agents.chats.records import ChatInfo
from docmind.agents.chats.store import KEPT_S, ChatStore
from docmind.agents.text import one_line

from .. import chat_list
from ..keymap import bindings, first_key
from .chat_listing import ChatListing
from .title_editor import TitleEditor

Change = Callable[[ChatStore, ChatInfo], object]


class ChatPicker(ChatListing):
    """Gives a name that `place` knows. Rows stay where they are while they are changed, so that a key undoes it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("chats")]

    def action_take(self) -> None:
        """What is under the cursor; where its rows are still being read, that comes first."""
        self.is_taking = self._reading
        if not self.is_taking:
            super().action_take()

    def action_chat_title(self) -> None:
        if self.chosen:
            chat = self.place(self.chosen).chat
            title = self._chats[chat].title if chat in self._chats else ""
            self.app.push_screen(TitleEditor(title), lambda named: self._rename(chat, named) if named else None)

    def _rename(self, chat: str, title: str) -> None:
        self._change(chat, lambda store, _: store.rename(chat, title), lambda chat: "The chat has its title.")

    def action_chat_pin(self) -> None:
        self._toggle("pin", lambda store, chat: store.pin(chat.id, not chat.pinned), _pinned_told)

    def action_chat_archive(self) -> None:
        self._toggle("archive", lambda store, chat: store.archive(chat.id, not chat.archived), _archived_told)

    def action_chat_delete(self) -> None:
        self._toggle("delete", self._delete, _deleted_told)

    def _delete(self, store: ChatStore, chat: ChatInfo) -> None:
        if chat.deleted_at is None:
            store.delete(chat.id, self._clock())
        else:
            store.undelete(chat.id)

    def _toggle(self, name: str, change: Change, told: Callable[[ChatInfo, str], str]) -> None:
        key = first_key(f"chat_{name}", self._keys)
        if self.chosen:
            self._change(self.place(self.chosen).chat, change, lambda chat: told(chat, key))

    @work(group="change")
    async def _change(self, chat: str, change: Change, told: Callable[[ChatInfo], str]) -> None:
        with self._told_problems():
            info = await asyncio.to_thread(chat_list.change, self._file, chat, change)
            self._renew(info)
            self._changed(chat)
            self.notify(f"{one_line(info.title, 60)}: {told(info)}", markup=False)


def _pinned_told(chat: ChatInfo, key: str) -> str:
    return f"pinned, it stands first. {key} lets it go." if chat.pinned else f"no longer pinned. {key} pins it."


def _archived_told(chat: ChatInfo, key: str) -> str:
    return f"archived. {key} takes it back." if chat.archived else f"no longer archived. {key} archives it."


def _deleted_told(chat: ChatInfo, key: str) -> str:
    if chat.deleted_at is None:
        return f"it is back. {key} deletes it."
    return f"deleted, and kept for {KEPT_S / 86400:.0f} days. {key} brings it back."
