"""The documentation tells of every error code and every setting, with the values that the program has."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from docmind.agents.backends.flavours import FLAVOURS
from docmind.agents.configuration import load
from docmind.agents.errors import Code, DocmindError
from docmind.agents.settings import Profile, Settings
from docmind.tui.commands import COMMANDS
from docmind.tui.keymap import shown_keys

DOCS = Path(__file__).parent.parent / "docs"


def test_every_error_code_is_explained_with_its_exit_status() -> None:
    pattern = r"^\*\*(ERR_\d+)\*\* \(exit status (\d)\): .+\.\nWhat to do: .+\.$"
    rows = re.findall(pattern, (DOCS / "errors.md").read_text(), re.MULTILINE)
    assert rows == [(code.value, str(DocmindError(code, "").exit_status)) for code in sorted(Code)]


def test_every_setting_is_listed_with_its_default() -> None:
    row = r"^\| `([\w.]+)` \| .* \| (.*?) ?\|$"
    table = (DOCS / "profiles.md").read_text().partition("## All settings")[2]
    listed = dict(re.findall(row, table, re.MULTILINE))
    expected = dict(defaults(Settings()))
    assert listed.keys() == expected.keys()
    given = {key: default for key, default in expected.items() if default not in (None, "", {}, [])}
    assert {key: listed[key] for key in given} == {key: written(default) for key, default in given.items()}


def defaults(value: Any, parents: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key and default of every setting."""
    for field in msgspec.structs.fields(value):
        key, item = parents + field.encode_name, getattr(value, field.name)
        if key == "profiles":
            yield from defaults(Profile(kind="quotes"), "profiles.NAME.")
        elif key == "keys":
            yield "keys.COMMAND", None
        elif isinstance(item, msgspec.Struct):
            yield from defaults(item, f"{key}.")
        else:
            yield key, item if field.name != "kind" else None


def written(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return f'`"{default}"`' if isinstance(default, str) else f"{default:g}"


def test_every_command_of_the_screen_is_listed_with_its_keys() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) ?\| (.*?) ?\| (.+) \|$", (DOCS / "screen.md").read_text(), re.MULTILINE)
    commands = [each for each in COMMANDS if not re.fullmatch(r"profile_[2-9]", each.name)]
    typed = ["" if each.slash is None else f"`/{each.name} {each.slash}".strip() + "`" for each in commands]
    keys = [shown_keys(each.name, {}) for each in commands]
    assert rows == [(each.name, *more, each.help) for each, *more in zip(commands, keys, typed, strict=True)]


PAGES = sorted(DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_profile_in_the_pages_can_be_loaded(page: Path, tmp_path: Path) -> None:
    for number, table in enumerate(re.findall(r"^```toml\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)):
        if "[profiles." in table:
            file = tmp_path / f"{number}.toml"
            file.write_text(table)
            assert load(file, {}, {}).settings.profiles


@pytest.mark.parametrize("page", sorted((DOCS / "backends").glob("*.md")), ids=lambda page: page.name)
def test_a_page_of_a_backend_has_a_profile_and_says_what_was_tried(page: Path) -> None:
    text = page.read_text()
    assert "[profiles." in text
    assert "**Tried" in text
    assert set(re.findall(r"ERR_\d+", text)) <= {code.value for code in Code}


def test_the_table_of_servers_names_every_flavour() -> None:
    rows = re.findall(
        r"^\| \[?([\w -]+?)\]?(?:\(.*?\))? \|", (DOCS / "backends/openai-compatible.md").read_text(), re.MULTILINE
    )
    assert {flavour.name for flavour in FLAVOURS} - {"unknown"} <= set(rows)
