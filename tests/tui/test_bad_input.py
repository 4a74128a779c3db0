"""What engines, models and disks do wrong, on a real terminal: it is said, nothing is lost, keys are answered."""

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Self

import pytest

from docmind.agents.build import build
from docmind.agents.protocol import Answered, Ask, Hello, Token, Welcome
from docmind.agents.records import Timings, Usage
from fakes.engine import FakeEngine
from program import Program
from terminal import Terminal

PROMPT = "Ask about your documents"
RATE = 5_000
"""Tokens a second."""
BATCH_S = 0.04
"""The engine sends text at most so often, in seconds."""


@pytest.fixture
def engine(own_program: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", own_program.environ["XDG_RUNTIME_DIR"])
    own_program.data_dir.mkdir()
    with FakeEngine(own_program.data_dir) as engine:
        yield engine


def opened(own_program: Program, folder: Path) -> Terminal:
    return Terminal(own_program.command(folder), own_program.environ, columns=90)


def answered(run: str, text: str) -> Answered:
    return Answered(
        run=run, answer=text, profile="fast", model="tiny", citations=[], steps=[], attempts=[], usage=Usage(),
        timings=Timings(),
    )  # fmt: skip


class Stream:
    """An answer at RATE, which ends with the `with` block."""

    def __init__(self, engine: FakeEngine, run: str) -> None:
        self._engine, self._run = engine, run
        self._thread, self._ended = threading.Thread(target=self._go), threading.Event()
        self.text, self.batches = "", 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _go(self) -> None:
        words = "word " * int(RATE * BATCH_S)
        while not self._ended.wait(BATCH_S):
            self._say(f"batch{self.batches} {words}\n\n")
            self.batches += 1
        self._say("That was all.")
        self._engine.say(answered(self._run, self.text))

    def _say(self, text: str) -> None:
        self.text += text
        self._engine.say(Token(run=self._run, text=text))


def test_a_stream_of_5000_tokens_a_second_is_painted_whole_and_leaves_the_keys_free(
    own_program: Program, engine: FakeEngine, folder: Path
) -> None:
    with opened(own_program, folder) as terminal:
        engine.welcome()
        terminal.keys("Go", "enter")
        with Stream(engine, engine.heard(Ask).run) as stream:
            terminal.wait(r"batch\d\d ")
            terminal.keys("typed meanwhile")
            terminal.wait("typed meanwhile")
            terminal.keys("ctrl+home")
            terminal.wait("^ You$.*batch0 ")
            terminal.keys("ctrl+end")
            terminal.wait(r"batch\d\d")
        terminal.wait(r"That was all\..*fast · tiny")
        terminal.keys("ctrl+u", "/search batch", "enter")
        terminal.wait(rf"{stream.batches} of {stream.batches}")


@pytest.mark.parametrize("token", ["x" * 1_000_000, "word " * 200_000, "語" * 300_000], ids=["line", "words", "wide"])
def test_a_token_of_a_megabyte_is_shown_and_leaves_the_keys_free(
    token: str, own_program: Program, engine: FakeEngine, folder: Path
) -> None:
    with opened(own_program, folder) as terminal:
        engine.welcome()
        terminal.keys("Go", "enter")
        run = engine.heard(Ask).run
        engine.say(Token(run=run, text=token))
        terminal.keys("typed meanwhile")
        terminal.wait("typed meanwhile")
        engine.say(Token(run=run, text="\n\nThe end."), answered(run, f"{token}\n\nThe end."))
        terminal.wait(r"The end\..*fast · tiny.*typed meanwhile")
        terminal.keys("ctrl+home")
        terminal.wait(f"^ Go$.*^ {token[:10]}")


def test_an_engine_that_starts_slowly_lets_one_type_and_gets_what_waits(
    own_program: Program, engine: FakeEngine, folder: Path
) -> None:
    with opened(own_program, folder) as terminal:
        engine.heard(Hello)
        terminal.wait("starting the engine")
        terminal.keys("First?", "enter", "Second?", "enter", "a draft")
        terminal.wait(r"First\?.*waiting for the engine.*Second\?.*waiting for the engine.*a draft.*1 more question")
        engine.say(Welcome(version=build()))
        first, second = engine.heard(Ask), engine.heard(Ask)
        assert (first.question, second.question) == ("First?", "Second?")
        engine.say(Token(run=first.run, text="Yes."), answered(first.run, "Yes."), answered(second.run, "No."))
        terminal.wait(r"First\?.*Yes\..*Second\?.*No\..*a draft")


GARBAGE = b"HTTP/1.1 400 Bad \x1b]0;hacked\x07\xff\x00 Request\n"


@pytest.mark.parametrize("begun", [False, True], ids=["at the beginning", "in an answer"])
def test_an_engine_that_speaks_garbage_is_told_and_takes_no_text_with_it(
    begun: bool, own_program: Program, engine: FakeEngine, folder: Path
) -> None:
    with opened(own_program, folder) as terminal:
        if begun:
            engine.welcome()
            terminal.keys("Go", "enter")
            engine.say(Token(run=engine.heard(Ask).run, text="The pump is"))
            terminal.wait("The pump is")
        else:
            terminal.wait(PROMPT)
            terminal.keys("Go", "enter")
            engine.heard(Hello)
        engine.say_raw(GARBAGE * 3)
        terminal.wait("What listens at the engine's socket is none.*ERR_3002.*docmind engine stop")
        assert "The pump is" in terminal.text() or not begun
        terminal.keys("typed")
        terminal.wait("typed")
        assert b"hacked" not in terminal.raw


def test_a_folder_that_disappears_is_told_and_can_come_back(own_program: Program, folder: Path) -> None:
    with opened(own_program, folder) as terminal:
        terminal.wait("quotes ●")
        terminal.keys("Is the pump blue?", "enter")
        terminal.wait(r"The pump is blue\.” \[1\]")
        folder.rename(folder.with_name("away"))
        for number in count():
            terminal.keys("/new", "enter", f"And valve {number}?", "enter")
            terminal.wait(rf"And valve {number}\?$.*(^   quotes$|ERR_2001)")
            if "ERR_2001" in terminal.text():  # for a moment nobody looks for changes again
                break
        terminal.keys("typed")
        terminal.wait("typed$")
        terminal.keys("ctrl+u")
        folder.with_name("away").rename(folder)
        terminal.keys("Is the pump blue?", "enter")
        terminal.wait(r"ERR_2001.*The pump is blue\.” \[1\]")


def test_folders_that_cannot_be_used_are_told_and_one_can_type(own_program: Program, folder: Path) -> None:
    in_the_way = folder.parent / "file"
    in_the_way.write_text("in the place of a folder")
    environ = {"XDG_CONFIG_HOME": str(in_the_way), "DOCMIND_DATA_DIR": str(in_the_way)}
    with Terminal(own_program.command(folder), own_program.environ | environ, columns=90) as terminal:
        terminal.wait("ERR_3001")
        terminal.keys("Go", "enter", "a draft")
        terminal.wait("Go.*ERR_3001.*a draft")
        terminal.keys("ctrl+q")
        assert terminal.ended() == 0
