import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.tui import remembered
from docmind.tui.remembered import MOST_QUESTIONS, Choices, Remembered


@pytest.fixture
def here(tmp_path: Path) -> Remembered:
    for name in ("papers", "code"):
        (tmp_path / name).mkdir()
    return Remembered(tmp_path / "data", [tmp_path / "papers"])


def test_at_first_there_is_nothing_and_no_file_is_made(here: Remembered, tmp_path: Path) -> None:
    assert (here.draft(), here.history(), here.choices()) == ("", [], Choices())
    assert not (tmp_path / "data").exists()


def test_a_draft_is_kept_for_each_set_of_folders(here: Remembered, tmp_path: Path) -> None:
    other = Remembered(tmp_path / "data", [tmp_path / "code"])
    here.save_draft("What is\nthe pump's colour?")
    other.save_draft("Where is main?")
    assert Remembered(tmp_path / "data", [tmp_path / "papers"]).draft() == "What is\nthe pump's colour?"
    assert other.draft() == "Where is main?"
    here.save_draft("")
    assert (here.draft(), other.draft()) == ("", "Where is main?")


def test_nobody_else_may_read_what_was_typed(here: Remembered, tmp_path: Path) -> None:
    here.save_draft("secret")
    here.add_to_history("secret")
    here.save_choices(Choices(theme="mine"))
    files = list((tmp_path / "data" / "screen").iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "data" / "screen").stat().st_mode) == 0o700


def test_the_history_holds_questions_of_all_folders_the_newest_last(here: Remembered, tmp_path: Path) -> None:
    other = Remembered(tmp_path / "data", [tmp_path / "code"])
    for place, question in [(here, "one"), (other, "two\nlines"), (other, "two\nlines"), (here, "one")]:
        place.add_to_history(question)
    assert here.history() == other.history() == ["one", "two\nlines", "one"]


def test_the_history_is_cut_at_its_old_end(here: Remembered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_MOST_BYTES", 4096)
    for number in range(2 * MOST_QUESTIONS):
        here.add_to_history(f"question {number}")
    kept = here.history()
    newest = range(2 * MOST_QUESTIONS - len(kept), 2 * MOST_QUESTIONS)
    assert 50 < len(kept) <= MOST_QUESTIONS
    assert kept == [f"question {number}" for number in newest]


def test_two_screens_do_not_damage_each_others_history(tmp_path: Path) -> None:
    def ask(name: str) -> None:
        screen = Remembered(tmp_path / "data", [tmp_path])
        for number in range(200):
            screen.add_to_history(f"{name} {number} " + "x" * 500)
            screen.save_draft(f"{name} {number}")

    threads = [threading.Thread(target=ask, args=[name]) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    screen = Remembered(tmp_path / "data", [tmp_path])
    words = [question.split()[:2] for question in screen.history()]
    for name in ("left", "right"):
        assert [number for who, number in words if who == name] == [str(number) for number in range(200)]
    assert screen.draft() in ("left 199", "right 199")


def test_damaged_files_count_as_empty_or_are_read_as_far_as_they_go(here: Remembered, tmp_path: Path) -> None:
    here.add_to_history("kept")
    here.save_choices(Choices(theme="mine"))
    here.save_draft("draft")
    folder = tmp_path / "data" / "screen"
    with (folder / "history.jsonl").open("ab") as file:
        file.write(b'"cut o\n\xff\xfe\n7\n')
    here.add_to_history("after")
    (folder / "choices.json").write_bytes(b"{\xff")
    next(folder.glob("draft-*")).write_bytes(b"dr\xffaft\x1b[2J")
    assert here.history() == ["kept", "after"]
    assert here.choices() == Choices()
    assert here.draft().startswith("dr\N{REPLACEMENT CHARACTER}aft")
    assert "\x1b" not in here.draft()


def test_a_lone_surrogate_from_a_terminal_is_no_crash(here: Remembered) -> None:
    here.save_draft("a\udcffb")
    here.add_to_history("a\udcffb")
    assert (here.draft(), here.history()) == ("a?b", ["a?b"])


def test_a_place_that_cannot_be_written_is_said_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the folder's place")
    here = Remembered(tmp_path / "data", [tmp_path])
    writes: list[Callable[[], None]] = [
        lambda: here.save_draft("x"),
        lambda: here.add_to_history("x"),
        lambda: here.save_choices(Choices()),
    ]
    for write in writes:
        with pytest.raises(DocmindError) as raised:
            write()
        assert raised.value.code == Code.DISK
        assert str(tmp_path / "data") in raised.value.message
    assert (here.draft(), here.history(), here.choices()) == ("", [], Choices())


def test_a_chosen_theme_wins_until_the_settings_name_another_one() -> None:
    chosen = Choices(theme="mine", config_theme="docmind-dark")
    assert chosen.theme_in_force("docmind-dark") == "mine"
    assert chosen.theme_in_force("docmind-light") == "docmind-light"
    assert Choices().theme_in_force("docmind-dark") == "docmind-dark"
