"""A file in the user's editor: which program is started, with what, and what is said when that does not work."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.app import App, SuspendNotSupported

from docmind.tui.external import open_file

Editor = Callable[[str], Path]


class Suspendable(App[int]):
    """Its screen can be left, as that of a real terminal."""

    suspended = 0

    @contextmanager
    def suspend(self) -> Iterator[None]:
        self.suspended += 1
        yield


class NotSuspendable(App[int]):
    @contextmanager
    def suspend(self) -> Iterator[None]:
        raise SuspendNotSupported
        yield


@pytest.fixture
def document(tmp_path: Path) -> Path:
    document = tmp_path / "pump.md"
    document.write_text("The pump is blue.\n")
    return document


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    """Makes a program that is the user's editor; it writes its arguments down, one an entry, each ended by NUL."""
    for variable in ("VISUAL", "EDITOR", "PAGER"):
        monkeypatch.delenv(variable, raising=False)

    def make(name: str) -> Path:
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f"#!{sys.executable}\n"
            "import os, sys\n"
            f"open({str(tmp_path / 'given')!r}, 'wb').write(b''.join(os.fsencode(a) + b'\\0' for a in sys.argv[1:]))\n"
        )
        program.chmod(0o755)
        return program

    return make


def given(tmp_path: Path) -> list[bytes]:
    """What the editor was started with."""
    return (tmp_path / "given").read_bytes().split(b"\0")[:-1]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("vim", [b"+7", b"FILE"]),
        ("nano", [b"+7", b"FILE"]),
        ("less", [b"+7", b"FILE"]),
        ("hx", [b"FILE:7"]),
        ("code", [b"--goto", b"FILE:7"]),
        ("unheard-of", [b"FILE"]),
    ],
)
def test_the_editor_opens_at_the_line_where_it_knows_how(
    tmp_path: Path, document: Path, editor: Editor, monkeypatch: pytest.MonkeyPatch, name: str, arguments: list[bytes]
) -> None:
    monkeypatch.setenv("EDITOR", str(editor(name)))
    app = Suspendable()
    assert open_file(app, os.fsencode(document), 7) == ""
    assert given(tmp_path) == [argument.replace(b"FILE", os.fsencode(document)) for argument in arguments]
    assert app.suspended == 1


def test_without_a_line_only_the_file_is_named(
    tmp_path: Path, document: Path, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", str(editor("vim")))
    assert open_file(Suspendable(), os.fsencode(document), None) == ""
    assert given(tmp_path) == [os.fsencode(document)]


def test_the_editor_may_have_arguments_of_its_own(
    tmp_path: Path, document: Path, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", f"{editor('vim')} -c 'set number'")
    assert open_file(Suspendable(), os.fsencode(document), 2) == ""
    assert given(tmp_path) == [b"-c", b"set number", b"+2", os.fsencode(document)]


def test_visual_comes_before_editor_and_editor_before_pager(
    tmp_path: Path, document: Path, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGER", "/missing/pager")
    monkeypatch.setenv("EDITOR", "/missing/editor")
    monkeypatch.setenv("VISUAL", str(editor("vim")))
    assert open_file(Suspendable(), os.fsencode(document), None) == ""
    monkeypatch.delenv("VISUAL")
    assert "editor does not start: No such file or directory" in open_file(Suspendable(), os.fsencode(document), None)


def test_an_editor_that_cannot_be_understood_gives_way_to_the_pager(
    tmp_path: Path, document: Path, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "vim 'half a word")
    monkeypatch.setenv("PAGER", str(editor("less")))
    assert open_file(Suspendable(), os.fsencode(document), None) == ""
    assert given(tmp_path) == [os.fsencode(document)]


@pytest.mark.parametrize("name", [b"-rf", b"two words", b"$(touch pwned)", b"line\nbreak", b"latin-\xe9.txt", b"a;b"])
def test_a_strange_name_reaches_the_editor_as_it_is(
    tmp_path: Path, editor: Editor, monkeypatch: pytest.MonkeyPatch, name: bytes
) -> None:
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb"):
        pass
    monkeypatch.setenv("EDITOR", str(editor("vim")))
    assert open_file(Suspendable(), path, 1) == ""
    assert given(tmp_path) == [b"+1", path]


def test_what_goes_wrong_is_said_with_the_place_of_the_file(
    document: Path, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = os.fsencode(document)
    monkeypatch.setenv("EDITOR", "/missing/editor")
    assert str(document) in open_file(Suspendable(), path, 1)
    monkeypatch.setenv("EDITOR", "false")
    assert open_file(Suspendable(), path, 1) == "false ended with status 1."
    monkeypatch.delenv("EDITOR")
    monkeypatch.setenv("PATH", "")
    assert open_file(Suspendable(), path, 1) == (
        f"No editor was found: set EDITOR to the one you like. The file is {document}"
    )
    monkeypatch.setenv("EDITOR", "vim")
    assert open_file(NotSuspendable(), path, 1) == (
        f"This terminal cannot be handed to an editor. The file is {document}"
    )


@pytest.mark.parametrize("name", ["manual.pdf", "Report.DOCX"])
def test_no_editor_is_started_for_a_file_that_is_not_text(
    tmp_path: Path, editor: Editor, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("EDITOR", str(editor("vim")))
    app = Suspendable()
    assert str(tmp_path / name) in open_file(app, os.fsencode(tmp_path / name), None)
    assert app.suspended == 0


def test_a_name_is_said_without_what_would_move_the_cursor() -> None:
    assert "\x1b" not in open_file(Suspendable(), b"/x/\x1b[2J\x9b.pdf", None)
