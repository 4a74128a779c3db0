"""What is printed is clean, and styled only on a terminal that wants it."""

import io

import pytest

from docmind.tui.terminal import BOLD, is_styled, say


class Screen(io.StringIO):
    """Stands for a terminal: only hardware is imitated."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Screen()


def test_foreign_escape_codes_are_dropped_and_our_style_is_kept(screen: Screen) -> None:
    say("a\x1b]0;title\x07b", BOLD, to=screen)
    assert screen.getvalue() == "\x1b[1mab\x1b[0m\n"


def test_a_pipe_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    pipe = io.StringIO()
    say("text", BOLD, end="", to=pipe)
    assert pipe.getvalue() == "text"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_user_who_wants_plain_text_gets_it(
    name: str, value: str, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_styled(screen)
    monkeypatch.setenv(name, value)
    assert not is_styled(screen)
