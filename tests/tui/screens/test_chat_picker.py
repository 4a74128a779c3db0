"""The list of chats: what it shows, how it is searched, and what is done with a chat. Without an engine."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.tui import chat_list
from docmind.tui.chat_rows import chat_row, when
from docmind.tui.screens.chat_picker import ChatPicker
from docmind.tui.screens.title_editor import TitleEditor
from fakes.chats import some_chat
from fakes.past import NOW, keep

DAY_S = 86400.0


class Opened(App[str | None]):
    """Opens the list, and ends with what was taken."""

    def __init__(self, data_dir: Path, words: str = "") -> None:
        super().__init__()
        self.picker = ChatPicker(chats_file(data_dir), [b"/papers"], "c1", {}, words, lambda: NOW)

    def on_mount(self) -> None:
        self.push_screen(self.picker, self.exit)

    @property
    def options(self) -> OptionList:
        return self.picker.query_one(OptionList)

    @property
    def rows(self) -> list[str]:
        return [" ".join(str(option.prompt).split()) for option in self.options.options]

    @property
    def about(self) -> str:
        return str(self.picker.query_one(Static).content)


@asynccontextmanager
async def opened(data_dir: Path, words: str = "", width: int = 120) -> AsyncIterator[tuple[Opened, Pilot[Any]]]:
    app = Opened(data_dir, words)
    async with app.run_test(size=(width, 40)) as pilot:
        await read(app, pilot)
        yield app, pilot


async def read(app: Opened, pilot: Pilot[Any]) -> None:
    """Until the list shows what is in the file."""
    await pilot.pause()
    await app.workers.wait_for_complete()
    await pilot.pause()


async def press(app: Opened, pilot: Pilot[Any], *keys: str) -> None:
    await pilot.press(*keys)
    await read(app, pilot)


def chat(data_dir: Path, named: str) -> Any:
    with ChatStore(chats_file(data_dir)) as store:
        return store.chat(named)


async def test_a_chat_shows_its_title_when_it_was_who_answered_and_how_long_it_is(tmp_path: Path) -> None:
    keep(tmp_path, "c1", "What is the pump?", turns=12, at=NOW)
    async with opened(tmp_path) as (app, _):
        at = datetime.fromtimestamp(NOW)
        assert app.rows == [f"▸ What is the pump? {at:%H:%M} balanced 12 questions"]
        assert app.about.startswith("/papers · 12 questions · balanced")


def test_the_columns_of_an_old_and_long_chat_stand_apart() -> None:
    chat = some_chat(title="Pumps " * 20)
    old = msgspec.structs.replace(chat, turns=4000, state="broken", pinned=True, changed_at=86400.0)
    row = chat_row(old, 84, 4e9, folders=False, shown=False).plain
    assert row.endswith("broken off  pinned 1970-01-02 4,000 questions")
    assert len(row) == 84


async def test_pinned_chats_come_first_and_then_the_newest(tmp_path: Path) -> None:
    for name in ("c1", "c2", "c3"):
        keep(tmp_path, name, f"Chat {name}")
    with ChatStore(chats_file(tmp_path), "rw") as store:
        store.pin("c1")
    async with opened(tmp_path) as (app, _):
        assert [row.removeprefix("▸ ")[:7] for row in app.rows] == ["Chat c1", "Chat c3", "Chat c2"]
        assert "pinned" in app.rows[0]


async def test_a_chat_that_is_being_answered_says_so_until_it_is(tmp_path: Path) -> None:
    keep(tmp_path, "c1", "What?", going_on=True)
    keep(tmp_path, "c2", "Why?", broken=True)
    async with opened(tmp_path) as (app, pilot):
        assert ["broken off" in app.rows[0], "answering" in app.rows[1]] == [True, True]
        keep(tmp_path, "c1", "What?")
        app.picker.look_again()
        await read(app, pilot)
        assert "answering" not in app.rows[1]


async def test_chats_of_other_folders_are_one_key_away(tmp_path: Path) -> None:
    keep(tmp_path, "c1", "Here")
    keep(tmp_path, "c2", "There", roots=[b"/srv/wiki"])
    async with opened(tmp_path) as (app, pilot):
        assert len(app.rows) == 1
        await press(app, pilot, "tab")
        assert [row.split()[:2] for row in app.rows] == [["There", "/srv/wiki"], ["▸", "Here"]]
        await press(app, pilot, "tab")
        assert len(app.rows) == 1


async def test_folders_without_a_chat_show_those_of_all(tmp_path: Path) -> None:
    keep(tmp_path, "c2", "There", roots=[b"/srv/wiki"])
    async with opened(tmp_path) as (app, _):
        assert app.rows[0].startswith("There /srv/wiki")


async def test_typing_finds_titles_whatever_their_letters_and_what_was_said_in_all_chats(tmp_path: Path) -> None:
    keep(tmp_path, "c1", "Über die Größe")
    keep(tmp_path, "c2", "What else?", "Nobody knows the größe of it.", roots=[b"/srv/wiki"])
    async with opened(tmp_path) as (app, pilot):
        await press(app, pilot, *"GRÖße")
        title, heading, hit = app.rows
        assert title.startswith("▸ Über die Größe")
        assert heading == "Said in all chats"
        assert hit.endswith("Nobody knows the größe of it.")
        await press(app, pilot, "down", "enter")
    place = app.picker.place(app.return_value or "")
    assert (place.chat, place.run, place.words) == ("c2", "c2-0", frozenset({"größe"}))


async def test_enter_right_after_typing_takes_what_was_typed_for(tmp_path: Path) -> None:
    keep(tmp_path, "c1", "The valve")
    keep(tmp_path, "c2", "The pump")
    async with opened(tmp_path) as (app, pilot):
        await press(app, pilot, *"valve", "enter")
    assert app.return_value == "c1"


async def test_words_that_come_with_the_command_are_looked_for_at_once(tmp_path: Path) -> None:
    keep(tmp_path, "c1", "The valve")
    keep(tmp_path, "c2", "The pump")
    async with opened(tmp_path, "valve") as (app, _):
        assert len(app.rows) == 1
        assert app.picker.query_one(Input).value == "valve"


@pytest.mark.parametrize(
    ("key", "tag", "back"), [("f7", "pinned", "f7 lets it go"), ("f6", "archived", "takes"), ("f8", "deleted", "back")]
)
async def test_the_same_key_undoes_what_it_did(tmp_path: Path, key: str, tag: str, back: str) -> None:
    keep(tmp_path, "c1", "What?")
    async with opened(tmp_path) as (app, pilot):
        await press(app, pilot, key)
        assert tag in app.rows[0]
        assert back.lower() in [*app._notifications][-1].message.lower()
        await press(app, pilot, key)
        assert tag not in app.rows[0]
    assert chat(tmp_path, "c1").deleted_at is None


async def test_what_was_archived_and_what_was_deleted_has_lists_of_its_own(tmp_path: Path) -> None:
    keep(tmp_path, "c1", "Away")
    keep(tmp_path, "c2", "Gone")
    with ChatStore(chats_file(tmp_path), "rw") as store:
        store.archive("c1")
        store.delete("c2", NOW)
    async with opened(tmp_path) as (app, pilot):
        assert app.rows == []
        assert "No chats" in app.about
        await press(app, pilot, "f9")
        assert "Away archived" in app.rows[0]
        await press(app, pilot, "f9")
        assert "Gone deleted" in app.rows[0]


async def test_a_chat_gets_another_title(tmp_path: Path) -> None:
    keep(tmp_path, "c1", "What?")
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("f2")
        await pilot.pause()
        assert isinstance(app.screen, TitleEditor)
        await press(app, pilot, *"Mine", "enter")
        assert app.rows[0].startswith("▸ Mine")
    assert (chat(tmp_path, "c1").title, chat(tmp_path, "c1").titled_by) == ("Mine", "user")


async def test_more_is_read_where_the_cursor_comes_near_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_list, "PAGE", 30)
    monkeypatch.setattr("docmind.tui.screens.chat_listing.PAGE", 30)
    for number in range(70):
        keep(tmp_path, f"n{number}", f"Number {number}")
    async with opened(tmp_path) as (app, pilot):
        assert len(app.rows) == 30
        await press(app, pilot, *["pagedown"] * 3)
        await press(app, pilot, *["pagedown"] * 3)
        assert len(app.rows) == 70


async def test_a_damaged_file_is_told_and_the_list_stays_open(tmp_path: Path) -> None:
    chats_file(tmp_path).write_bytes(b"no database" * 1000)
    async with opened(tmp_path) as (app, _):
        assert "ERR_6002" in app.about


async def test_a_title_of_a_chat_cannot_do_anything_on_the_screen(tmp_path: Path) -> None:
    keep(tmp_path, "c1", "[@click=app.exit]\x1b[31mred[/]")
    async with opened(tmp_path) as (app, _):
        assert "[@click=app.exit]" in app.rows[0]
        assert "\x1b" not in app.rows[0]


def test_the_older_the_less_exact_is_the_time() -> None:
    now = time.mktime((2024, 5, 15, 12, 0, 0, 0, 0, -1))
    told = [when(now - ago, now) for ago in (60.0, 2 * DAY_S, 30 * DAY_S, 400 * DAY_S, -2 * DAY_S)]
    assert told == ["11:59", "Mon 12:00", "15 Apr", "2023-04-11", "2024-05-17"]
