"""`docmind chats list`, `search` and `show`: what is kept, without an engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.chats.writing import ChatWriter
from docmind.tui.cli import main
from fakes.chats import say, some_chat

Captured = pytest.CaptureFixture[str]


def shown(capsys: Captured, *arguments: str) -> Any:
    assert main(["chats", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def listed(capsys: Captured, *arguments: str) -> list[str]:
    return [chat["id"] for chat in shown(capsys, "list", *arguments)["chats"]]


def test_the_table_has_a_line_for_each_chat(file: Path, capsys: Captured) -> None:
    with ChatWriter(file) as store:
        store.pin("c1")
        store.rename("c1", "About\x1b[31m pumps")
    assert main(["chats", "list"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["chat", "changed", "answers", "profile", "folder", "title"]
    assert [first.split()[0], second.split()[0]] == ["c1", "c2"]
    assert "pinned, broken" in first
    assert first.endswith("/papers  About pumps")


def test_json_has_every_field_of_a_chat(file: Path, capsys: Captured) -> None:
    (_, chat) = shown(capsys, "list")["chats"]
    times = (chat.pop("made_at"), chat.pop("changed_at"))
    assert times[0] == "1970-01-01T00:16:40Z"
    assert chat == {
        "id": "c1",
        "title": "Pumps",
        "folders": ["/papers"],
        "turns": 3,
        "profile": "",
        "state": "broken",
        "pinned": False,
        "archived": False,
        "deleted_at": None,
    }


def test_the_list_can_be_narrowed(file: Path, tmp_path: Path, capsys: Captured) -> None:
    with ChatWriter(file) as store:
        store.begin(some_chat("here", roots=[bytes(tmp_path)]))
        store.archive("c1")
        store.delete("c2", 1000.0)
    assert listed(capsys) == ["here"]
    assert listed(capsys, str(tmp_path)) == ["here"]
    assert listed(capsys, "--archived") == ["c1"]
    assert listed(capsys, "--deleted") == ["c2"]


def test_a_long_list_is_cut_and_says_so(file: Path, capsys: Captured) -> None:
    found = shown(capsys, "list", "-n", "1")
    assert ([chat["id"] for chat in found["chats"]], found["more"]) == (["c2"], True)
    main(["chats", "list", "-n", "1"])
    assert "-n 2 shows them" in capsys.readouterr().err


def test_an_answer_goes_on_only_where_an_engine_runs(file: Path, capsys: Captured) -> None:
    with ChatWriter(file) as store:
        store.ask("r9", "c1", "c1r1", "Still?", 1000.0)
    assert shown(capsys, "list")["chats"][0]["state"] == "broken"
    assert shown(capsys, "show", "c1")["turns"][-1]["state"] == "broken"


def test_without_chats_nothing_is_made(tmp_path: Path, capsys: Captured) -> None:
    assert main(["chats", "list", "--data-dir", str(tmp_path / "data")]) == 0
    assert capsys.readouterr().out == "There is no chat yet.\n"
    assert not (tmp_path / "data").exists()


def test_search_shows_the_hit_in_its_place(file: Path, capsys: Captured) -> None:
    say(file, "How hot does it get?", "The boiler reaches \x1b[31m90 degrees.", run="hot", chat="c3")
    (hit,) = shown(capsys, "search", "boiler")["hits"]
    assert (hit["chat"], hit["run"], hit["where"]) == ("c3", "hot", "answer")
    (start, end), text = hit["marks"][0], hit["snippet"]
    assert (text[start:end], text) == ("boiler", "The boiler reaches 90 degrees.")
    main(["chats", "search", "boiler"])
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("c3  1970-01-01 ")
    assert said[1] == "    The boiler reaches 90 degrees."
    assert main(["chats", "search", "nowhere-at-all"]) == 0
    assert capsys.readouterr().out == "Nothing found.\n"


def test_show_prints_the_path_with_seams_and_sources(file: Path, capsys: Captured) -> None:
    assert main(["chats", "show", "c1"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# Pumps\n\nChat c1 on /papers, ")
    for part in (
        "> Which colour?\n> Of the pump?\n",
        '*searched "colour"   1 passage   0.01 s*',
        "The pump\n\n*─ fast broke off; continued by near ─*\n\nis blue [1].",
        "- [1] manual.md 3: “The pump is blue.”",
        "> And the roof?",
        "*Broke off before its end. It broke. [ERR_5017]*",
        "*1 more on other branches; the JSON export holds them.*",
    ):
        assert part in text
    assert "valve" not in text


def test_show_as_json_has_every_branch(file: Path, capsys: Captured) -> None:
    found = shown(capsys, "show", "c1")
    first, second, third = found["turns"]
    assert found["chat"]["id"] == "c1"
    assert [turn["shown"] for turn in found["turns"]] == [True, False, True]
    assert (first["citations"][0]["quote"], first["error"]) == ("The pump is blue.", None)
    assert (second["parent"], second["answer"]) == ("c1r1", "Blue.")
    assert (third["state"], third["answer"], third["error"]["code"]) == ("broken", "The roof", "ERR_5017")


@pytest.mark.parametrize("name", ["nothing", "c", ""])
def test_what_names_no_chat_or_several_is_told(name: str, file: Path, capsys: Captured) -> None:
    assert main(["chats", "show", name]) == 1
    assert "[ERR_6005]" in capsys.readouterr().err
