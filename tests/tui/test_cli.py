"""The command line as a user calls it: real processes, their output and their exit status."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Docmind = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def docmind(tmp_path: Path) -> Docmind:
    """Runs `docmind` in an empty folder."""

    def run(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "docmind", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **environ}, capture_output=True, encoding="utf-8", check=False
        )

    return run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "my.toml"
    path.write_text('theme = "mine"\n[profiles.here]\nkind = "ollama"\nurl = "http://127.0.0.1:1"\n')
    return path


def test_help_and_version_are_printed(docmind: Docmind) -> None:
    assert "commands:" in docmind("--help").stdout
    assert docmind("--version").stdout.startswith("docmind ")
    assert docmind("profiles", "--help").stdout.startswith("usage: docmind profiles ")


@pytest.mark.parametrize("before", [True, False])
def test_common_options_stand_before_or_after_the_command(before: bool, docmind: Docmind, config: Path) -> None:
    options = ["--config", str(config), "--data-dir", "/nowhere"]
    done = docmind(*options, "profiles", "--json") if before else docmind("profiles", "--json", *options)
    shown = json.loads(done.stdout)
    assert (shown["theme"], shown["data_dir"]) == ("mine", "/nowhere")


def test_an_error_is_a_message_a_hint_and_a_code_on_stderr(docmind: Docmind) -> None:
    done = docmind("profiles", "--config", "missing.toml")
    assert done.returncode == 2
    assert done.stdout == ""
    message, hint = done.stderr.splitlines()
    assert message.startswith("docmind: ")
    assert message.endswith(
        "missing.toml: the configuration file cannot be read: No such file or directory. [ERR_1001]"
    )
    assert hint == "Name another one with --config FILE or DOCMIND_CONFIG."


def test_with_json_an_error_is_one_json_object_on_stdout(docmind: Docmind) -> None:
    done = docmind("profiles", "--json", DOCMIND_PROFIL="x")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "ERR_1001"


@pytest.mark.parametrize(
    "arguments", [["profiles", "--nonsense"], ["profiles", "extra"], ["--config"], ["--json", "profiles"]]
)
def test_wrong_usage_exits_with_2(arguments: list[str], docmind: Docmind) -> None:
    done = docmind(*arguments)
    assert done.returncode == 2
    assert "[ERR_1002]" in done.stderr


def test_a_mistyped_command_is_recognised(docmind: Docmind) -> None:
    done = docmind("proflies")
    assert done.returncode == 2
    assert "Did you mean `docmind profiles`?" in done.stderr


@pytest.mark.parametrize("arguments", [["help"], ["--help"]])
def test_help_lists_the_commands(arguments: list[str], docmind: Docmind) -> None:
    done = docmind(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert "find passages by their words" in done.stdout


def test_help_explains_one_command(docmind: Docmind) -> None:
    assert docmind("help", "ask").stdout == docmind("ask", "--help").stdout != ""


@pytest.mark.parametrize("word", ["summaries", "no/such/folder", "x" * 5000])
def test_what_is_neither_command_nor_folder_is_named(word: str, docmind: Docmind) -> None:
    done = docmind(word)
    assert done.returncode == 2
    assert f"No such command or folder: {word[:100]}" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["ask", "why?", "--jsn"], "Did you mean `--json`? See `docmind ask --help`."),
        (["search", "--querys=x", "why"], "Did you mean `--queries`? See `docmind search --help`."),
        (["ask"], "See `docmind ask --help`."),
        (["engine", "start"], "See `docmind engine --help`."),
        (["profiles", "extra"], "See `docmind profiles --help`."),
    ],
)
def test_wrong_usage_of_a_command_names_its_own_help(arguments: list[str], hint: str, docmind: Docmind) -> None:
    done = docmind(*arguments)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == hint


def test_only_the_question_must_be_given(docmind: Docmind) -> None:
    assert "The following arguments are required: question. [" in docmind("ask").stderr


def test_a_folder_in_place_of_the_question_is_noticed(docmind: Docmind, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    done = docmind("ask", "files")
    assert done.returncode == 2
    assert "The question is missing: files is a folder or file. [ERR_1002]" in done.stderr


def test_the_engine_can_be_stopped_whatever_the_settings_say(docmind: Docmind, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("profile =")
    done = docmind("engine", "stop", "--json", "--config", "broken.toml", "--data-dir", "data")
    assert (done.stdout, done.stderr) == ('{"stopped": false}\n', "")


@pytest.mark.parametrize("arguments", [[], ["./profiles"], ["--", "profiles"]])
def test_a_folder_opens_the_screen_even_when_it_is_named_like_a_command(
    arguments: list[str], docmind: Docmind, tmp_path: Path
) -> None:
    (tmp_path / "profiles").mkdir()
    assert "The chat needs a terminal" in docmind(*arguments).stderr


def test_arguments_that_are_not_utf8_break_nothing(docmind: Docmind) -> None:
    done = docmind("\udcff\x1b[31m", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr


def test_a_full_disk_behind_stdout_is_an_error(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "docmind", "profiles"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "The output cannot be written: No space left on device. [ERR_2005]" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["profiles", "--json"], ["--help"], ["--version"], ["ask", "--help"]])
def test_a_reader_that_leaves_early_ends_it_quietly(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "docmind", *arguments]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_lose_only_what_goes_to_them(closed: str) -> None:
    for arguments, status in (("profiles", 0), ("chats", 2), ("--help", 0)):
        command = f"{sys.executable} -m docmind {arguments} {closed}"
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        assert (done.returncode, "Traceback" in done.stderr + done.stdout) == (status, False)


@pytest.mark.parametrize(
    ("failure", "status", "shown"),
    [("KeyboardInterrupt", 130, "Interrupted."), ("ValueError('\\x1b[31mboom')", 1, "ValueError: boom [ERR_3004]")],
)
def test_interrupts_and_bugs_end_without_a_traceback(failure: str, status: int, shown: str, tmp_path: Path) -> None:
    program = f"""
import docmind.tui.cli as cli
def fail(arguments): raise {failure}
cli._run = fail
raise SystemExit(cli.main(["--data-dir", {os.fspath(tmp_path)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert shown in done.stderr
    assert "Traceback" not in done.stderr
    if status == 1:
        assert str(tmp_path / "errors.log") in done.stderr
        assert "Traceback" in (tmp_path / "errors.log").read_text()
