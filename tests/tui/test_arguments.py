"""Options may stand anywhere among the other arguments."""

import argparse
import itertools
from pathlib import Path

import pytest

from docmind.agents.errors import DocmindError
from docmind.tui.cli import _parsers

OPTIONS = {
    "ask": [["--json"], ["--profile", "fast"], ["--no-fallback"], ["--config=my.toml"]],
    "search": [["--json"], ["-k", "3"], ["--data-dir", "data"]],
    "index": [["--json"], ["--rebuild"], ["--config", "my.toml"]],
}
OTHERS = {"ask": ["why?", "A", "B"], "search": ["ducks", "A", "B"], "index": ["A", "B"]}


def parsed(*arguments: str) -> argparse.Namespace:
    return _parsers()[0].parse_args(arguments)


@pytest.mark.parametrize("command", OPTIONS)
def test_every_option_may_stand_in_every_place(command: str) -> None:
    others = OTHERS[command]
    expected = parsed(command, *(word for option in OPTIONS[command] for word in option), *others)
    assert expected.paths == [Path("A"), Path("B")]
    for places in itertools.product(range(len(others) + 1), repeat=len(OPTIONS[command])):
        arguments = [[word] for word in others]
        for place, option in sorted(zip(places, OPTIONS[command], strict=True), reverse=True):
            arguments.insert(place, option)
        assert parsed(command, *itertools.chain(*arguments)) == expected, arguments


def test_after_two_dashes_nothing_is_an_option() -> None:
    args = parsed("ask", "--json", "--", "--why?", "--profile")
    assert (args.json, args.question, args.paths) == (True, "--why?", [Path("--profile")])
    args = parsed("ask", "why?", "A", "--", "--json")
    assert (args.json, args.question, args.paths) == (False, "why?", [Path("A"), Path("--json")])
    args = parsed("search", "-k", "1", "--", "-k")
    assert (args.k, args.words, args.paths) == (1, "-k", [])


def test_a_single_dash_is_no_option() -> None:
    assert parsed("search", "--queries", "-", "A").queries == "-"
    assert parsed("search", "-", "-k", "2").words == "-"


def test_an_option_without_its_value_takes_no_other_option_for_it() -> None:
    with pytest.raises(DocmindError, match="Argument --profile: expected one argument"):
        parsed("ask", "why?", "--profile", "--json")
