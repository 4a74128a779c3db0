"""What is done with other chats: finding one, opening it with its folders, naming this one."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from textual import work

from docmind.agents.chats.records import ChatInfo
from docmind.agents.chats.schema import chats_file
from docmind.agents.errors import DocmindError
from docmind.agents.protocol import Branched, Changed, Enter, Entered, Listed, Show
from docmind.agents.text import one_line

from .. import chat_list
from ..chat_rows import title_told
from ..places import folders_named
from ..widgets.heading import Heading
from ..widgets.prompt import Prompt
from ..widgets.search_bar import SearchBar
from .branching import Branching
from .chat_listing import ChatListing, Place
from .chat_picker import ChatPicker
from .conversation import Heard
from .title_editor import TitleEditor


class Finding(Branching):
    """A part of the chat; see chat.py."""

    def __init__(self) -> None:
        super().__init__()
        self._place = Place("")
        """Where the chat that is being entered is to be shown."""
        self._told_folders = ""
        self._earlier = 0
        """Questions of the chat that are not shown."""
        self._named = self.docmind.start.enter.chat
        """The chat that the user has named to be opened, until it is."""

    @property
    def _file(self) -> Path:
        return chats_file(self.docmind.start.loaded.data_dir)

    def action_chats(self, words: str = "") -> None:
        roots = map(os.fsencode, self.docmind.start.roots)
        picker = ChatPicker(self._file, roots, self.chat, self.docmind.keys, words, changed=self._chat_changed)
        self.app.push_screen(picker, lambda name: self._open_place(picker.place(name) if name else None))

    def _chat_changed(self, chat: str) -> None:
        """By the user: other screens are told, and this one."""
        self.link.send(Changed(chats=[chat]))

    def _relist(self, event: Listed) -> None:
        if event.chat:
            self.query_one(Heading).chat = title_told(event.chat)
        for screen in self.app.screen_stack:
            if isinstance(screen, ChatListing):
                screen.look_again()

    def action_title(self, title: str = "") -> None:
        if not self.transcript.last_turn:
            self.docmind.say("A chat has its title from its first question on.")
        elif title:
            self._rename(self.chat, title)
        else:
            self._edit_title(self.chat)

    @work(exclusive=True, group="chat")
    async def _edit_title(self, chat: str) -> None:
        if info := await self._read(chat):
            self.app.push_screen(TitleEditor(info.title), lambda title: self._named_as(chat, title))

    def _named_as(self, chat: str, title: str | None) -> None:
        if title:
            self._rename(chat, title)

    @work(group="title")
    async def _rename(self, chat: str, title: str) -> None:
        try:
            await asyncio.to_thread(chat_list.change, self._file, chat, lambda store, _: store.rename(chat, title))
        except DocmindError as error:
            self.docmind.tell(error)
        else:
            self._chat_changed(chat)
            self.docmind.say(f"This chat is now: {one_line(title, 80)}")

    def _open_place(self, place: Place | None) -> None:
        if place:
            self._open_chat(place)

    async def _read(self, chat: str) -> ChatInfo | None:
        """Why it cannot be read is told."""
        try:
            (info,) = await asyncio.to_thread(chat_list.infos, self._file, [chat])
        except DocmindError as error:
            self.docmind.tell(error)
            return None
        return info

    @work(exclusive=True, group="chat")
    async def _open_chat(self, place: Place) -> None:
        """The chat that is open already is only scrolled."""
        if place.chat == self.chat:
            self._show_place(place)
        elif info := await self._read(place.chat):
            self.close_source()
            self.query_one(SearchBar).close()
            self._place, self._named = place, "" if place.run else place.chat
            self._told_folders = self._use_folders(await asyncio.to_thread(_there, info.roots), info.roots)
            self.enter(Enter(chat=place.chat))

    def _use_folders(self, there: list[Path], roots: Sequence[bytes]) -> str:
        """Opens the chat's own folders; what is to be said about those that are gone."""
        wanted = [Path(os.fsdecode(root)) for root in roots]
        if there and there != self.docmind.start.roots:
            prompt = self.query_one(Prompt)
            self.docmind.keep_draft(prompt.text)  # also what was typed this moment
            self.docmind.use_folders(there)
            prompt.replace_text(self.docmind.draft)
            self.query_one(Heading).folders = self.docmind.start.folders
            self.link.open_anew()
        gone = folders_named(root for root in wanted if root not in there)
        if not gone:
            return ""
        verb = "are" if len(wanted) - len(there) > 1 else "is"
        answers = one_line(self.docmind.start.folders, 300)
        return f"{one_line(gone, 300)} of this chat {verb} gone: answers come from {answers}."

    def entered(self, event: Entered) -> None:
        super().entered(event)
        self.chat_roots, self._earlier = event.chat.roots, event.earlier
        self._relist(Listed(chat=event.chat))  # its start may also have ended what a crash has cut
        place, self._place = self._place, Place("")
        told, self._told_folders = self._told_folders, ""
        if event.chat.id == place.chat:
            if told:
                self.transcript.note(told, error=True)
            self.call_after_refresh(self._show_place, place)

    def heard(self, event: Heard) -> None:
        super().heard(event)
        if isinstance(event, Listed):
            self._relist(event)
        elif isinstance(event, Branched):
            place, self._place = self._place, Place("")
            self._earlier = event.earlier if event.after is None else self._earlier
            if self.transcript.turn(place.run):
                self._show_place(place)
            elif place.run and self._earlier:
                self.docmind.say("What was found stands in the earlier questions, too far back to be shown.")

    def _show_place(self, place: Place) -> None:
        """The turn with the words that were found, marked as by a search."""
        if not place.run:
            return
        if not self.transcript.turn(place.run):
            self._place = place
            self.link.send(Show(run=place.run))  # it stands on another branch, or too far back
            return
        which, of = self.transcript.show_found(place.run, place.words)
        if of:
            self.query_one(SearchBar).show_found(place.query, which, of)


def _there(roots: Sequence[bytes]) -> list[Path]:
    """Those that still exist."""
    return [path for root in roots if (path := Path(os.fsdecode(root))).exists()]
