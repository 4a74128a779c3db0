"""The whole program in a real terminal, with real engines, files and signals."""

import os
import re
import signal
from pathlib import Path

import psutil
import pytest

from fakes import FakeServer
from fakes.gguf import write_gguf
from program import Program
from terminal import Terminal

PROMPT = "Ask about your documents"
SEARCH = 'Thought: I need to look.\nAction: search_documents\nAction Input: {"query": "pump colour"}\n'
ANSWER = "Thought: I can answer now.\nAnswer: The pump of the cooling loop is blue [1]."
WORDS = "Thought: I know.\nAnswer: " + " ".join(f"word{n}" for n in range(400))


def opened(program: Program, *arguments: str | Path, **size: int) -> Terminal:
    """Narrow, so that there is no sidebar beside the text."""
    return Terminal(program.command(*arguments), program.environ, **({"columns": 90} | size))


def served(program: Program, server: FakeServer) -> Path:
    """Settings with this server's model as the first profile."""
    profile = f'kind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"'
    return program.config(f'profile = "model"\n[profiles.model]\n{profile}\n')


def engine_of(program: Program) -> psutil.Process:
    folder = str(program.data_dir.resolve())
    (found,) = [p for p in psutil.process_iter(["cmdline"]) if folder in (p.info["cmdline"] or [])]
    return found


def test_a_model_file_answers_with_a_source_that_opens(program: Program, documents: Path, tmp_path: Path) -> None:
    model = write_gguf(tmp_path / "scripted.gguf", [SEARCH, ANSWER])
    config = program.config(f'profile = "model"\n[profiles.model]\nkind = "llamacpp"\npath = "{model}"\nthreads = 1\n')
    with opened(program, "--config", config, documents) as terminal:
        terminal.wait(PROMPT)
        terminal.keys("Which colour has the pump?", "enter")
        terminal.wait(r"You\n.*Which colour.*searched \"pump colour\"   1 passage")
        terminal.wait(r"loop is blue \[1\].*Sources.*\[1\] pump.md 3.*model · scripted")
        terminal.wait(r"model · scripted ●")
        terminal.keys("f3")
        terminal.wait(r"\[1\] pump.md 3.*It moves 18 litres")
        terminal.keys("escape")
        terminal.resize(60, 20)
        terminal.wait(r"^ The pump of the cooling loop is blue \[1\]\.$")
        terminal.keys("ctrl+q")
        assert terminal.ended() == 0


def test_what_is_typed_and_sent_before_the_engine_is_there_is_answered(own_program: Program, documents: Path) -> None:
    with opened(own_program, documents) as terminal:
        terminal.wait(PROMPT)
        terminal.keys("Is the pump of the cooling loop blue?", "enter")
        terminal.wait("You.*Is the pump")
        terminal.wait(r"loop is blue.*Sources")


def test_esc_stops_an_answer_and_keeps_what_was_said(program: Program, documents: Path) -> None:
    with (
        FakeServer([SEARCH, WORDS], gap=0.02) as server,
        opened(program, "--config", served(program, server), documents) as t,
    ):
        t.wait(PROMPT)
        t.keys("Go", "enter")
        t.wait("word12")
        t.keys("escape")
        t.wait("word12.*Stopped. What was said stays")
        t.keys("Again", "enter")
        t.wait("Again.*word5")


def test_the_profile_is_switched_while_an_answer_streams(program: Program, documents: Path) -> None:
    with (
        FakeServer([SEARCH, WORDS], gap=0.02) as server,
        opened(program, "--config", served(program, server), documents) as t,
    ):
        t.wait(r"model · tiny:latest ●")
        t.keys("Go", "enter")
        t.wait("word12")
        t.keys("alt+2")
        t.wait(r"^ docmind.* quotes ●")
        t.wait("word60")
        t.keys("Is the pump of the cooling loop blue?", "enter", "escape")
        t.wait(r"Stopped.*loop is blue.*\n   quotes")


def test_an_engine_that_dies_in_mid_answer_takes_no_text_with_it(own_program: Program, documents: Path) -> None:
    with (
        FakeServer([SEARCH, WORDS], gap=0.02) as server,
        opened(own_program, "--config", served(own_program, server), documents) as terminal,
    ):
        terminal.wait(PROMPT)
        terminal.keys("Go", "enter")
        terminal.wait("word12")
        engine_of(own_program).kill()
        terminal.wait(r"word12.*ERR_3003.*What was said is kept, and can be continued")
        terminal.wait("The engine ended and is started again")
        terminal.keys("ctrl+r")
        terminal.wait(r"You +2 of 2\s+Go.*word5")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_draft_is_there_at_the_next_start(
    number: signal.Signals, program: Program, documents: Path
) -> None:
    with opened(program, documents) as terminal:
        terminal.wait(PROMPT)
        terminal.keys("half a question")
        terminal.wait("half a question")
        os.kill(terminal.pid, number)
        assert terminal.ended() == 128 + number
    with opened(program, documents) as terminal:
        terminal.wait("half a question")


def test_a_terminal_that_goes_away_ends_it_and_keeps_the_draft(program: Program, documents: Path) -> None:
    with opened(program, documents) as terminal:
        terminal.wait(PROMPT)
        terminal.keys("never lost")
        terminal.wait("never lost")
        terminal.hang_up()
        assert psutil.Process(terminal.pid).wait(10) is not None
        terminal.status = 129
    with opened(program, documents) as terminal:
        terminal.wait("never lost")


def test_ctrl_z_suspends_and_the_screen_comes_back(program: Program, documents: Path) -> None:
    with opened(program, documents) as terminal:
        terminal.wait(PROMPT)
        terminal.keys("still here")
        terminal.wait("still here")
        terminal.keys("ctrl+z")
        terminal.until(lambda: psutil.Process(terminal.pid).status() == psutil.STATUS_STOPPED)
        while terminal.read(0.05) and terminal.raw.rfind(b"\x1b[?1049l") < terminal.raw.rfind(b"\x1b[?1049h"):
            pass
        terminal.screen.reset()
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait("docmind.*still here")
        terminal.keys("ctrl+q")
        assert terminal.ended() == 0


def test_a_paste_of_ten_megabytes_is_kept_as_a_file(own_program: Program, documents: Path) -> None:
    with opened(own_program, documents) as terminal:
        terminal.wait(PROMPT)
        terminal.send(b"\x1b[200~" + b"0123456789 words " * 600_000 + b"\x1b[201~")
        terminal.wait(r"10,200 KB, is too long", timeout=60)
        (file,) = own_program.data_dir.glob("screen/pasted-*.txt")
        assert file.stat().st_size == 10_200_000
        assert file.stat().st_mode & 0o777 == 0o600
        terminal.keys("still quick")
        terminal.wait("still quick")


def test_broken_settings_are_told_and_quotes_answers(program: Program, documents: Path) -> None:
    config = program.config("profile = 3\n")
    with opened(program, "--config", config, documents) as terminal:
        terminal.wait(r"config-.*\.toml:1: profile: expected.*ERR_1001")
        terminal.keys("Is the pump of the cooling loop blue?", "enter")
        terminal.wait(r"loop is blue.*Sources")


def test_remapped_keys_work_and_wrong_ones_are_told(program: Program, documents: Path) -> None:
    config = program.config('[keys]\nhelp = "f6"\ncopy = "ctrl+y"\nserch = "f9"\n')
    with opened(program, "--config", config, documents) as terminal:
        terminal.wait(r"keys.serch: .*did you mean \"search\"")
        terminal.keys("f6")
        terminal.wait(r"F6 +/help")


@pytest.mark.parametrize(("environ", "says"), [({"TERM": "dumb"}, "TERM=dumb"), ({}, "needs a terminal")])
def test_without_a_screen_it_refuses_and_names_the_other_way(
    environ: dict[str, str], says: str, program: Program, documents: Path
) -> None:
    if environ:
        with Terminal(program.command(documents), program.environ | environ) as terminal:
            assert terminal.ended() == 2
            told = terminal.text()
    else:
        done = program.run(documents)
        assert done.returncode == 2
        told = done.stderr
    assert says in told
    assert "docmind ask" in told


def test_many_resizes_leave_a_right_screen(program: Program, documents: Path) -> None:
    with opened(program, documents, columns=120, rows=40) as terminal:
        terminal.wait(PROMPT)
        terminal.keys("Is the pump of the cooling loop blue?", "enter")
        terminal.wait(r"Sources")
        for columns in (80, 200, 40, 121, 60, 119):
            terminal.resize(columns, 20 + columns % 30)
        terminal.resize(110, 30)
        terminal.wait(r"Sources\s.*pump.md.*Ask about your documents.*F1 help")
        terminal.until(lambda: all(len(line) <= 110 for line in terminal.text().splitlines()))
        assert len(re.findall(PROMPT, terminal.text())) == 1
