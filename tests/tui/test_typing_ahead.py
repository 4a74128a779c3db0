"""Over a slow line many keys come at once: each acts in its place."""

from pathlib import Path

import pytest

from program import Program
from terminal import Terminal


def test_keys_that_come_at_once_act_in_their_order(program: Program, folder: Path) -> None:
    with Terminal(program.command(folder), program.environ, columns=90, rows=24) as terminal:
        terminal.wait("Ask about your documents")
        for keys, prompt in [
            (["abc", "backspace", "d"], "abd"),
            (["left", "left", "X", "end", "!"], "aXbd!"),
            (["ctrl+u", "what", "newline", "else"], "what$.*^.*else"),
            (["up", "home", "so, ", "end", "?"], r"so, what\?$.*^.*else"),
        ]:
            terminal.at_once(*keys)
            terminal.wait(f"▌ {prompt}$")
        terminal.at_once("ctrl+f", "found", "backspace", "t")
        terminal.wait(r"^ ?fount +no match.*so, what\?$.*else$")


def test_what_is_typed_right_behind_enter_stays_in_the_prompt(program: Program, folder: Path) -> None:
    with Terminal(program.command(folder), program.environ, columns=90, rows=24) as terminal:
        terminal.wait("Ask about your documents")
        terminal.at_once("Is the pump blue?", "enter", "a draft")
        terminal.wait(r"^ Is the pump blue\?$.*▌ a draft$")
        terminal.at_once("ctrl+u", "/modell", "enter", "quotes")
        terminal.wait("There is no command /modell.*▌ /modellquotes")


def test_a_list_is_filtered_before_enter_takes_from_it(program: Program, folder: Path) -> None:
    with Terminal(program.command(folder), program.environ, columns=90, rows=24) as terminal:
        terminal.wait("Ask about your documents")
        terminal.keys("f5")
        terminal.wait("type to filter")
        terminal.at_once("higj", "backspace", "h", "enter")
        terminal.until(lambda: "Themes" not in terminal.text() and "High contrast" not in terminal.text())
        terminal.keys("f5")
        terminal.wait("▸ docmind-contrast")


@pytest.mark.parametrize(
    "keys",
    [["f5", "high", "enter"], ["ctrl+p", "themes", "enter", "enter"], ["f2", "1"], ["f2", "enter"]],
)
def test_what_is_typed_right_behind_a_list_that_closes_stays_in_the_prompt(
    program: Program, folder: Path, keys: list[str]
) -> None:
    with Terminal(program.command(folder), program.environ, columns=90, rows=24) as terminal:
        terminal.wait("^ docmind.* quotes .*Ask about")
        terminal.at_once(*keys, "a pump?", "left", "s")
        terminal.wait("▌ a pumps\\?$")


def test_what_is_typed_while_a_list_opens_filters_it(program: Program, folder: Path) -> None:
    with Terminal(program.command(folder), program.environ, columns=90, rows=24) as terminal:
        terminal.wait("Ask about your documents")
        terminal.at_once("f5", "contrast")
        terminal.wait("^ *contrast *$")
