"""`docmind chats rename`, `delete`, `pin`, `archive`, and their undoing."""

import json
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.chats.store import ChatStore
from docmind.tui.cli import main

Captured = pytest.CaptureFixture[str]


def done(capsys: Captured, *arguments: str) -> Any:
    assert main(["chats", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def ids(file: Path, *, archived: bool = False, deleted: bool = False) -> list[str]:
    with ChatStore(file) as store:
        return [chat.id for chat in store.chats(archived=archived, deleted=deleted)]


def test_a_deleted_chat_can_be_had_back(file: Path, capsys: Captured) -> None:
    assert main(["chats", "delete", "c1"]) == 0
    said = capsys.readouterr()
    assert said.out == "deleted: c1  Pumps\n"
    assert said.err.endswith("docmind chats delete --undo c1\n")
    assert (ids(file), ids(file, deleted=True)) == (["c2"], ["c1"])
    assert done(capsys, "delete", "--undo", "c1") == {"restored": ["c1"]}
    assert ids(file) == ["c2", "c1"]


def test_chats_are_pinned_archived_and_let_go(file: Path, capsys: Captured) -> None:
    assert done(capsys, "pin", "c1") == {"pinned": ["c1"]}
    assert ids(file) == ["c1", "c2"]
    assert done(capsys, "pin", "c1", "--undo") == {"unpinned": ["c1"]}
    assert ids(file) == ["c2", "c1"]
    assert done(capsys, "archive", "c1", "c2") == {"archived": ["c1", "c2"]}
    assert (ids(file), ids(file, archived=True)) == ([], ["c2", "c1"])
    assert done(capsys, "archive", "--undo", "c1", "c2") == {"listed": ["c1", "c2"]}


def test_a_title_is_cleaned_and_stays_the_users(file: Path, capsys: Captured) -> None:
    assert done(capsys, "rename", "c1", " My\x1b]0;x\x07\n pumps ") == {"id": "c1", "title": "My pumps"}
    with ChatStore(file) as store:
        assert (store.chat("c1").title, store.chat("c1").titled_by) == ("My pumps", "user")
    assert main(["chats", "rename", "c1", "\x1b[0m"]) == 2


def test_one_wrong_name_changes_nothing(file: Path, capsys: Captured) -> None:
    assert main(["chats", "delete", "c1", "nothing", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "ERR_6005"
    assert ids(file) == ["c2", "c1"]


def test_where_no_chats_are_there_is_nothing_to_change(tmp_path: Path, capsys: Captured) -> None:
    assert main(["chats", "delete", "c1", "--data-dir", str(tmp_path / "data")]) == 1
    assert "[ERR_6005]" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["delete"], ["list", "-n", "0"], ["show", "a", "b"]])
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: Captured) -> None:
    assert main(["chats", *arguments]) == 2
    assert "[ERR_1002]" in capsys.readouterr().err


def test_common_options_may_stand_anywhere(file: Path, tmp_path: Path, capsys: Captured) -> None:
    elsewhere = ["--data-dir", str(tmp_path / "elsewhere")]
    for arguments in (
        [*elsewhere, "chats", "list", "--json"],
        ["chats", *elsewhere, "list", "--json"],
        ["chats", "list", "--json", *elsewhere],
    ):
        assert main(arguments) == 0
        assert json.loads(capsys.readouterr().out)["chats"] == []


@pytest.mark.parametrize("command", [["show"], ["delete"], ["rename", "--", "x"], ["export"]])
def test_a_name_that_is_no_text_names_no_chat(command: list[str], file: Path, capsys: Captured) -> None:
    name, *others = command
    assert main(["chats", name, "c\udcff", *others]) == 1
    assert "There is no chat that begins with 'c\ufffd'." in capsys.readouterr().err


def test_any_number_of_chats_may_be_wanted(file: Path, capsys: Captured) -> None:
    most = str(10**30)
    assert len(done(capsys, "list", "-n", most)["chats"]) == 2
    assert done(capsys, "search", "colour", "-n", most)["hits"]
