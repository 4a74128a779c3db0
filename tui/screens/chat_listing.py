"""The list of chats: what of them is read, a page at a time in a thread, and what is shown."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from textual import work
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from docmind.agents.chats.records import ChatInfo, Hit
from docmind.agents.chats.store import ChatStore
from docmind.agents.errors import DocmindError
from docmind.agents.text import one_line

from .. import chat_list
from ..chat_list import PAGE, View, Wanted
from ..chat_rows import chat_row, folders_of, hit_row, is_title, length
from ..keymap import first_key
from ..typing_ahead import Settled
from .picker import Picker, Row

WIDEST = 140
"""Columns of the list."""
_VIEWS: tuple[View, ...] = ("kept", "archived", "deleted")
_BEFORE_END = 20
"""Rows before the end of what was read at which more is read."""
_MARGIN = 6
"""Columns beside a row: padding, and the bar for scrolling."""
Change = Callable[[ChatStore, ChatInfo], object]


class Place(NamedTuple):
    """What was taken: a chat, and a turn in it where words were found."""

    chat: str
    run: str = ""
    query: str = ""
    words: frozenset[str] = frozenset()
    """As they stand there."""


class ChatListing(Picker):
    """Typing finds chats by their titles, and below by what was said in them. What is done with one: chat_picker.py."""

    DEFAULT_CSS = f"""
    ChatListing > Vertical {{ width: {WIDEST}; }}
    """

    def __init__(
        self,
        file: Path,
        roots: Iterable[bytes],
        current: str,
        keys: Mapping[str, str],
        words: str = "",
        clock: Callable[[], float] = time.time,
        changed: Callable[[str], object] = lambda chat: None,
    ) -> None:
        """`roots`: the open folders. `keys`: those of the user, by command. `words`: typed already.

        `changed` gets the name of a chat that was changed here.
        """
        super().__init__("Chats", current)
        self._file, self._keys, self._clock, self._changed = file, keys, clock, changed
        self._open = tuple(roots)
        self._wanted = Wanted(words, self._open)
        self._chats: dict[str, ChatInfo] = {}
        self._hits: dict[str, Hit] = {}
        self._more = False
        """Whether there are chats behind those that were read."""
        self._reading, self._behind = False, False
        self._problem = ""

    def on_mount(self) -> None:
        field = self.query_one(Input)
        with self.prevent(Input.Changed):
            field.value = self._filter = self._wanted.words
        super().on_mount()
        self._read(first=True)

    def place(self, name: str) -> Place:
        """What a row stands for."""
        if hit := self._hits.get(name):
            words = frozenset(hit.snippet[first:last] for first, last in hit.marks)
            return Place(hit.chat, hit.run, self._wanted.words.strip(), words if hit.where != "title" else frozenset())
        return Place(name)

    # --- what is shown

    def matching(self) -> Iterable[Row]:
        return self.rows()

    def rows(self) -> Iterable[Row]:
        yield from map(self._row, self._chats.values())
        if self._hits:
            yield Row("", "", Content("\n" * bool(self._chats) + "Said in all chats"))
        for name, hit in self._hits.items():
            yield Row(name, "", hit_row(hit, self._room, self._clock(), shown=hit.chat == self._current))

    def _row(self, chat: ChatInfo) -> Row:
        everywhere, shown = self._wanted.roots is None, chat.id == self._current
        return Row(chat.id, "", chat_row(chat, self._room, self._clock(), folders=everywhere, shown=shown))

    @property
    def _room(self) -> int:
        return min(self.app.size.width, WIDEST) - _MARGIN

    def about(self, name: str) -> Content:
        lines = [self._problem] if self._problem else []
        if chat := self._chats.get(name):
            told = [folders_of(chat) or "no folder", length(chat), one_line(chat.profile) or "not answered"]
            broken = ["the last answer broke off"] if chat.state == "broken" else []
            lines.append(" · ".join([*told, *broken]))
        return Content("\n".join([*lines, self._help()]))

    def about_nothing(self) -> Content:
        words = self._wanted.words.strip()
        nothing = "Reading …" if self._reading else "Nothing matches." if words else f"No chats {self._told_view}."
        return Content("\n".join([self._problem or nothing, self._help()]))

    @property
    def _told_view(self) -> str:
        """Which chats these are."""
        where = "of all folders" if self._wanted.roots is None else "of the open folders"
        return where if self._wanted.view == "kept" else f"{where}, {self._wanted.view}"

    def _help(self) -> str:
        key = {name: first_key(f"chat_{name}", self._keys) for name in ("title", "pin", "archive", "delete")}
        folders, view = first_key("chat_folders", self._keys), first_key("chat_view", self._keys)
        other = "open folders" if self._wanted.roots is None else "all folders"
        parts = ["Enter open", *(f"{shown} {name}" for name, shown in key.items()), f"{folders} {other}"]
        following = {"kept": "archived", "archived": "deleted", "deleted": "chats"}[self._wanted.view]
        return f"{self._told_view.capitalize()}.   {'   '.join(parts)}   {view} {following}"

    def on_resize(self) -> None:
        self.fill()

    # --- reading

    def on_input_changed(self, event: Input.Changed) -> None:
        self._filter = event.value
        self._want(self._wanted._replace(words=event.value))

    def action_chat_folders(self) -> None:
        self._want(self._wanted._replace(roots=self._open if self._wanted.roots is None else None))

    def action_chat_view(self) -> None:
        following = _VIEWS[(_VIEWS.index(self._wanted.view) + 1) % len(_VIEWS)]
        self._want(self._wanted._replace(view=following))

    def _want(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self, first: bool = False) -> None:
        """The first page, and then what was said. `first`: where the open folders have no chat, those of all come."""
        self._reading, self._problem = True, ""
        wanted = self._wanted
        try:
            chats = await asyncio.to_thread(chat_list.page, self._file, wanted)
            if first and not chats and not wanted.words:
                self._wanted = wanted = wanted._replace(roots=None)
                chats = await asyncio.to_thread(chat_list.page, self._file, wanted)
            self._show(chats, [])
            if wanted.words and (hits := await asyncio.to_thread(chat_list.said, self._file, wanted.words)):
                self._show(chats, hits)
        except DocmindError as error:
            self._problem = str(error)
        self._reading = False
        self._describe()
        if self.is_taking:
            self.action_take()
            self.app.post_message(Settled())
        elif self._behind:
            self.look_again()

    def _show(self, chats: Sequence[ChatInfo], hits: Sequence[Hit]) -> None:
        self._chats = {chat.id: chat for chat in chats}
        self._hits = {f"{hit.chat}/{hit.where}/{hit.run}": hit for hit in hits}
        for name, hit in list(self._hits.items()):
            if hit.chat in self._chats and is_title(hit):
                del self._hits[name]
        self._more = len(chats) == PAGE and not self._wanted.words
        self.fill()

    def on_option_list_option_highlighted(self) -> None:
        super().on_option_list_option_highlighted()
        place = self.query_one(OptionList).highlighted or 0
        if self._more and place >= len(self._chats) - _BEFORE_END:
            self._more = False
            self._read_more()

    @work(exclusive=True, group="read")
    async def _read_more(self) -> None:
        with self._told_problems():
            chats = await asyncio.to_thread(chat_list.page, self._file, self._wanted, len(self._chats))
            new = {chat.id: chat for chat in chats if chat.id not in self._chats}
            self._chats |= new
            rows = map(self._row, new.values())
            self.query_one(OptionList).add_options([Option(row.shown, id=row.name) for row in rows])
            self._more = len(chats) == PAGE

    @work(exclusive=True, group="look again")
    async def look_again(self) -> None:
        """The chats have changed. What is shown stays in its place; new ones come before it, behind pinned ones."""
        wanted, self._behind = self._wanted, self._reading
        if self._behind:
            return
        with self._told_problems():
            new, kept = await asyncio.to_thread(chat_list.again, self._file, wanted, list(self._chats))
            if wanted is not self._wanted or self._reading:
                self._behind = self._reading
                return
            first = next((place for place, chat in enumerate(kept) if not chat.pinned), len(kept))
            chats = {chat.id: chat for chat in [*kept[:first], *new, *kept[first:]]}
            if chats != self._chats:
                self._chats = chats
                self.fill()

    def _renew(self, chat: ChatInfo) -> None:
        """Shows it as it is now, in its place."""
        if chat.id in self._chats:
            self._chats[chat.id] = chat
            self.query_one(OptionList).replace_option_prompt(chat.id, self._row(chat).shown)
            self._describe()

    @contextlib.contextmanager
    def _told_problems(self) -> Iterator[None]:
        try:
            yield
        except DocmindError as error:
            self.notify(str(error), severity="error", markup=False)
