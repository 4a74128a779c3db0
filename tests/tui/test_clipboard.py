"""Copying, with real programs and a real tmux: what is told is what was done."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docmind.tui import clipboard
from docmind.tui.clipboard import MOST_OSC52, copy

MakeTool = Callable[[str, str], None]
TMUX = shutil.which("tmux")


@pytest.fixture(autouse=True)
def no_clipboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any clipboard program."""
    for variable in ("TMUX", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.fixture
def make_tool(tmp_path: Path) -> MakeTool:
    """Installs a program of that name, which runs a piece of Python."""

    def make(name: str, does: str) -> None:
        program = tmp_path / "bin" / name
        program.write_text(f"#!{sys.executable}\nimport sys\n{does}\n")
        program.chmod(0o755)

    return make


@pytest.fixture
def keeps(tmp_path: Path) -> str:
    """What a clipboard program does: it keeps what it is given."""
    return f"open({str(tmp_path / 'clipboard')!r}, 'wb').write(sys.stdin.buffer.read())"


def runs(pid: int) -> bool:
    return Path("/proc", str(pid)).exists()


async def test_without_a_program_the_terminal_is_asked() -> None:
    sent: list[str] = []
    told = await copy("żółw 🐢", sent.append)
    assert sent == ["żółw 🐢"]
    assert told == "Copied 6 characters to the terminal (OSC 52), which may or may not take it."
    assert (await copy("x", sent.append)).startswith("Copied 1 character to")


async def test_a_clipboard_program_gets_the_text_and_the_terminal_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_tool: MakeTool, keeps: str
) -> None:
    make_tool("xclip", keeps)
    monkeypatch.setenv("DISPLAY", ":0")
    sent: list[str] = []
    told = await copy("żółw\n🐢", sent.append)
    assert (tmp_path / "clipboard").read_text() == "żółw\n🐢"
    assert sent == ["żółw\n🐢"]
    assert "to the clipboard by xclip and to the terminal" in told
    assert "Not done" not in told


async def test_a_program_whose_display_is_not_there_is_not_tried(
    tmp_path: Path, make_tool: MakeTool, keeps: str
) -> None:
    make_tool("xclip", keeps)
    make_tool("wl-copy", keeps)
    told = await copy("text", lambda text: None)
    assert not (tmp_path / "clipboard").exists()
    assert "xclip" not in told


async def test_the_next_program_is_tried_when_one_fails_and_both_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_tool: MakeTool, keeps: str
) -> None:
    make_tool("xclip", "sys.exit(3)")
    make_tool("xsel", keeps)
    monkeypatch.setenv("DISPLAY", ":0")
    told = await copy("text", lambda text: None)
    assert (tmp_path / "clipboard").read_text() == "text"
    assert "to the clipboard by xsel" in told
    assert told.endswith("Not done: xclip ended with status 3.")


async def test_a_program_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_tool: MakeTool
) -> None:
    make_tool(
        "xclip", f"import os, signal; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); signal.pause()"
    )
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(clipboard, "LIMIT_S", 1.0)
    told = await copy("text", lambda text: None)
    assert told.endswith("Not done: xclip did not end within 1 s.")
    assert not runs(int((tmp_path / "pid").read_text()))


async def test_a_program_that_reads_nothing_is_no_crash(monkeypatch: pytest.MonkeyPatch, make_tool: MakeTool) -> None:
    make_tool("xclip", "sys.exit(1)")
    monkeypatch.setenv("DISPLAY", ":0")
    assert "xclip ended with status 1" in await copy("x" * 10**6, lambda text: None)


async def test_more_than_a_terminal_takes_is_not_sent_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_tool: MakeTool, keeps: str
) -> None:
    sent: list[str] = []
    await copy("ä" * (MOST_OSC52 // 2), sent.append)
    assert len(sent) == 1
    told = await copy("ä" * (MOST_OSC52 // 2 + 1), sent.append)
    assert len(sent) == 1
    assert told == "37,498 characters could not be copied. Not done: more than 74 KB is not sent to a terminal."
    make_tool("xclip", keeps)
    monkeypatch.setenv("DISPLAY", ":0")
    assert (await copy("ä" * 50_000, sent.append)).startswith("Copied 50,000 characters to the clipboard by xclip.")
    assert (tmp_path / "clipboard").read_text() == "ä" * 50_000


async def test_half_a_character_is_no_crash() -> None:
    assert (await copy("caf\udce9", lambda text: None)).startswith("Copied 4 characters")


@pytest.fixture
def tmux(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Runs commands of a real tmux, in which the test seems to be."""
    if not TMUX:
        pytest.skip("tmux is not installed")
    socket = tmp_path_factory.mktemp("t") / "s"
    environ = {"PATH": os.defpath, "TERM": "xterm", "HOME": str(socket.parent)}

    def run(*command: str) -> str:
        start = [TMUX, "-S", str(socket), "-f", os.devnull]
        return subprocess.run([*start, *command], env=environ, check=True, capture_output=True, text=True).stdout

    run("new-session", "-d", "-s", "test", "cat")
    monkeypatch.setenv("TMUX", f"{socket},0,0")
    monkeypatch.setenv("PATH", os.path.dirname(TMUX))
    yield run
    run("kill-server")


async def test_inside_tmux_the_text_goes_to_tmux(tmux: Callable[..., str]) -> None:
    sent: list[str] = []
    told = await copy("żółw\n🐢 -x", sent.append)
    assert tmux("show-buffer") == "żółw\n🐢 -x"
    assert sent == []
    assert "to tmux's buffer" in told


async def test_a_tmux_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMUX", f"{tmp_path / 'gone'},0,0")
    told = await copy("text", lambda text: None)
    assert told == "4 characters could not be copied. Not done: tmux: No such file or directory."
