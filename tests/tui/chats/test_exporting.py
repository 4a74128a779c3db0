"""`docmind export`, `docmind chats export` and `docmind chats import`."""

import json
from pathlib import Path

import pytest

from docmind.agents.chats.store import ChatStore
from docmind.agents.chats.writing import ChatWriter
from docmind.tui.cli import main
from fakes.chats import say, some_chat

Captured = pytest.CaptureFixture[str]


def test_a_chat_is_markdown_on_stdout(file: Path, capsys: Captured) -> None:
    for arguments in (["chats", "export", "c1"], ["export", "c1"]):
        assert main(arguments) == 0
        assert capsys.readouterr().out.startswith("# Pumps\n\nChat c1 ")
    assert main(["export"]) == 0
    assert "Chat c2 " in capsys.readouterr().out  # the last one


def test_a_dash_is_stdout_and_no_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments, chat in ((["export", "c1", "-"], "c1"), (["export", "-"], "c2")):
        assert main(arguments) == 0
        assert f"Chat {chat} " in capsys.readouterr().out
    assert not Path("-").exists()


def test_the_last_chat_is_the_one_that_was_changed_last_whatever_the_clock_said(file: Path, capsys: Captured) -> None:
    with ChatWriter(file) as store:
        store.begin(some_chat("c3", at=9e9))
        store.ask("r8", "c3", None, "Which year?", 9e9)
        store.finish("r8", "stopped")
    say(file, "And now?", run="r9", chat="c9")
    main(["chats", "pin", "c1"])
    capsys.readouterr()
    assert main(["export"]) == 0
    assert "Chat c9 " in capsys.readouterr().out


def test_json_goes_out_and_in_without_loss_also_by_stdout(file: Path, tmp_path: Path, capsys: Captured) -> None:
    say(file, "Emoji \U0001f9d1\u200d\U0001f680?", "Na\u00efve.", run="r9", chat="c9")
    saved, elsewhere = tmp_path / "all.json", tmp_path / "elsewhere"
    assert main(["chats", "export", "--all", str(saved)]) == 0
    assert main(["chats", "export", "--all", "--json"]) == 0
    *_, printed = capsys.readouterr().out.splitlines()
    assert printed.isascii()
    assert json.loads(printed) == json.loads(saved.read_bytes())
    assert saved.stat().st_mode & 0o777 == 0o600
    (tmp_path / "printed.json").write_text(printed)
    assert main(["chats", "import", str(tmp_path / "printed.json"), "--data-dir", str(elsewhere)]) == 0
    with ChatStore(file) as old, ChatStore(elsewhere / "chats.db") as new:
        assert [chat.id for chat in new.chats()] == [chat.id for chat in old.chats()]
        for chat in ("c1", "c2", "c9"):
            assert new.turns(chat) == old.turns(chat)


def test_import_says_what_it_took_and_what_was_there(file: Path, tmp_path: Path, capsys: Captured) -> None:
    saved = str(tmp_path / "one.json")
    main(["export", "c1", saved])
    capsys.readouterr()
    assert main(["chats", "import", saved]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("0 taken in.\n", "There already, and left as it is: c1  Pumps\n")
    assert main(["chats", "import", saved, "--json", "--data-dir", str(tmp_path / "new")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert ([chat["id"] for chat in told["added"]], told["known"]) == (["c1"], [])


def test_a_deleted_chat_is_not_hidden_by_an_import(file: Path, tmp_path: Path, capsys: Captured) -> None:
    saved, elsewhere = str(tmp_path / "one.json"), tmp_path / "elsewhere"
    main(["chats", "delete", "c1"])
    main(["export", "c1", saved])
    capsys.readouterr()
    assert main(["chats", "import", saved]) == 0
    told = "c1  Pumps\nIt was deleted: docmind chats delete --undo c1 brings it back.\n"
    assert capsys.readouterr().err == f"There already, and left as it is: {told}"
    assert main(["chats", "import", saved, "--data-dir", str(elsewhere)]) == 0
    with ChatStore(elsewhere / "chats.db") as store:
        assert [chat.id for chat in store.chats()] == ["c1"]


def test_a_file_that_is_there_is_not_replaced_unless_told(file: Path, tmp_path: Path, capsys: Captured) -> None:
    saved = tmp_path / "mine.md"
    saved.write_text("mine")
    assert main(["export", "c1", str(saved)]) == 2
    assert saved.read_text() == "mine"
    assert main(["export", "c1", str(saved), "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"file": str(saved), "chats": 1}
    assert "Pumps" in saved.read_text()
    assert list(tmp_path.glob("*.part")) == []


def test_where_nothing_can_be_written_it_is_told(file: Path, capsys: Captured) -> None:
    assert main(["export", "c1", "/dev/full/x.json"]) == 1
    assert "[ERR_2005]" in capsys.readouterr().err


def test_a_secret_of_the_environment_does_not_go_out(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    say(file, "Is it hunter2-hunter2?", run="r9", chat="c9")
    monkeypatch.setenv("MY_API_KEY", "hunter2-hunter2")
    for arguments in (["c9"], ["c9", "--json"], ["--run", "c9"]):
        assert main(["export", *arguments]) == 0
        said = capsys.readouterr().out
        assert "hunter2" not in said
        assert "[hidden]" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["chats", "export", "--all", "c1"],
        ["export", "--run", "--all"],
        ["export", "a", "b", "c"],
        ["chats", "import"],
        ["chats", "import", "/nowhere/at/all.json"],
        ["chats", "import", "/"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], file: Path, capsys: Captured) -> None:
    assert main(arguments) == 2
    assert "[ERR_1002]" in capsys.readouterr().err


def test_a_bad_file_is_told_with_its_code_and_what_to_do(file: Path, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "bad.json").write_text('{"docmind": "chats", "version": 1, "chats": [')
    assert main(["chats", "import", str(tmp_path / "bad.json")]) == 1
    message, hint = capsys.readouterr().err.splitlines()
    assert message.startswith("docmind: The file is refused, and nothing of it was taken.")
    assert message.endswith("[ERR_6007]")
    assert hint


def test_a_file_that_is_too_large_to_come_back_says_so(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("docmind.agents.chats.foreign.LARGEST", 1000)
    assert main(["chats", "export", "--all", str(tmp_path / "all.json")]) == 0
    assert "too large to be taken in again" in capsys.readouterr().err
