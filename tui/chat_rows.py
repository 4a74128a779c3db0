"""How the list of chats shows one of them, and a place where something was said."""

import os
from datetime import datetime
from pathlib import Path

from textual.content import Content

from docmind.agents.chats.records import ChatInfo, Hit
from docmind.agents.text import one_line

from .places import folders_named

NARROW = 90
"""Cells of a row below which the profile is left out, and the number of questions where the folders are shown."""
_WHEN, _PROFILE, _LENGTH, _FOLDERS = 10, 14, 14, 24
"""Columns."""
_BEFORE_HIT = 30
"""Cells of a snippet that are shown before its first mark, where it is cut."""
_TAGS = {"going on": ("answering", "$success"), "broken": ("broken off", "$error")}
_DAY_S = 86400.0


def chat_row(chat: ChatInfo, width: int, now: float, *, folders: bool, shown: bool) -> Content:
    """`▸ What is the pump?   pinned      14:05   balanced   12 questions`.

    `shown`: it is the chat on the screen.
    """
    cells = [f" {when(chat.changed_at, now):>{_WHEN - 1}}"]
    if folders:
        cells.insert(0, f"  {_cut(folders_of(chat), _FOLDERS)}")
    if width >= NARROW:
        cells.append(f"  {_cut(one_line(chat.profile), _PROFILE)}")
    if width >= NARROW or not folders:
        cells.append(f" {length(chat):>{_LENGTH - 1}}")
    room = width - 2 - sum(map(len, cells))
    tags = [tag for tag in _tags(chat) if tag[0]]
    tagged = Content("  ").join([Content.styled(*tag) for tag in tags])
    title = _cut(one_line(chat.title, 300) or "(no title)", room - tagged.cell_length - 2)
    return Content.assemble("▸ " if shown else "  ", title, "  ", tagged, ("".join(cells), ""))


def title_told(chat: ChatInfo) -> str:
    """`Colour of the pump · pinned`, where the list says more of the chat than its first question."""
    title = one_line(chat.title, 300) if chat.titled_by != "question" else ""
    return " · ".join(filter(None, [title, *(tag for tag, _ in _kept_tags(chat))]))


def hit_row(hit: Hit, width: int, now: float, *, shown: bool) -> Content:
    """The chat and when it was asked, and below what was said, with the words that were found.

    One line where what was said is the title.
    """
    mark = "▸ " if shown else "  "
    if is_title(hit):
        room = width - 4 - _WHEN
        snippet = _snippet(hit, room)
        gap = " " * (room - snippet.cell_length + 2)
        return Content.assemble(mark, snippet, gap, (f"{when(hit.asked_at, now):>{_WHEN}}", "$text-muted"))
    title = _cut(one_line(hit.title, 300), width - 4 - _WHEN) + "  "
    head = f"{title}{when(hit.asked_at, now):>{_WHEN}}"
    return Content.assemble(mark, (head, "$text-muted"), "\n    ", _snippet(hit, width - 5))


def is_title(hit: Hit) -> bool:
    """Whether the title says the same: a chat has it from its first question."""
    return hit.where == "title" or (hit.where == "question" and hit.snippet.strip("…") in hit.title)


def folders_of(chat: ChatInfo) -> str:
    return one_line(folders_named(Path(os.fsdecode(root)) for root in chat.roots), 300)


def length(chat: ChatInfo) -> str:
    return f"{chat.turns:,} question{'s' * (chat.turns != 1)}"


def when(at: float, now: float) -> str:
    """`14:05` today, `Mon 14:05` this week, `12 Nov` within a year, else `2024-11-12`; in the local time."""
    then, today = datetime.fromtimestamp(at), datetime.fromtimestamp(now)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    if 0 <= now - at < 6 * _DAY_S:
        return f"{then:%a %H:%M}"
    return f"{then.day} {then:%b}" if 0 <= now - at < 300 * _DAY_S else f"{then:%Y-%m-%d}"


def _tags(chat: ChatInfo) -> list[tuple[str, str]]:
    return [_TAGS.get(chat.state or "", ("", "")), *_kept_tags(chat)]


def _kept_tags(chat: ChatInfo) -> list[tuple[str, str]]:
    tags = [("pinned", "$accent")] if chat.pinned else []
    tags += [("archived", "$text-muted")] if chat.archived else []
    return tags if chat.deleted_at is None else [*tags, ("deleted", "$warning")]


def _snippet(hit: Hit, width: int) -> Content:
    """So that the first mark is seen."""
    start = max(hit.marks[0][0] - _BEFORE_HIT, 0) if hit.marks and hit.marks[0][1] > width else 0
    text = Content(hit.snippet)
    for first, last in hit.marks:
        text = text.stylize("bold underline", first, last)
    return Content.assemble("…" * bool(start), text[start:]).truncate(max(width, 1), ellipsis=True)


def _cut(text: str, width: int) -> str:
    """Cut or filled to `width` cells."""
    content = Content(text).truncate(max(width, 1), ellipsis=True)
    return content.plain + " " * (width - content.cell_length)
