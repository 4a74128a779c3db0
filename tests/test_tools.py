"""The agent's tools: what they show, how it is numbered, and that they never leave the library."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.library.index import Library
from docmind.agents.library.store import library_file
from docmind.agents.library.sync import sync
from docmind.agents.passages import NO_PASSAGES
from docmind.agents.prompt import SYSTEM
from docmind.agents.settings import LibrarySettings
from docmind.agents.tools import LookUps, parameters


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    (folder / "old").mkdir(parents=True)
    (folder / "pump.md").write_text("# Pump\n\nThe pump is blue.\n\n# Valve\n\nThe valve is red.\n")
    (folder / "long.txt").write_text("\n".join(f"Line {n} speaks of pumps and other things." for n in range(1, 201)))
    (folder / "old" / "notes.txt").write_text("Nothing to see here.\n")
    (tmp_path / "secret.txt").write_text("The password of the pump is hunter2.\n")
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Iterator[Library]:
    file = library_file(tmp_path / "data", [folder])
    sync([folder], file, LibrarySettings())
    library = Library(file)
    yield library
    library.close()


def budget_of(characters: int) -> Callable[[], Awaitable[int]]:
    async def budget() -> int:
        return characters

    return budget


@pytest.fixture
def look_ups(library: Library) -> LookUps:
    return LookUps(library, most=3, budget=budget_of(10_000))


async def test_a_search_shows_numbered_passages_that_the_model_can_cite(look_ups: LookUps) -> None:
    found = await look_ups.search_documents("is the pump blue?")
    assert found.passages[0].path == "pump.md"
    assert str(found).startswith("[1] pump.md | lines ")
    assert "The pump is blue." in str(found)
    assert look_ups.shown[1] == found.passages[0]


async def test_a_passage_keeps_its_number_when_it_is_shown_again(look_ups: LookUps) -> None:
    first = await look_ups.search_documents("blue pump")
    again = await look_ups.read_document("pump.md")
    assert first.passages[0].n == 1
    assert [passage.n for passage in again.passages if "blue" in passage.text] == [1]


async def test_a_search_shows_no_more_than_its_limits(library: Library) -> None:
    assert (
        len((await LookUps(library, most=2, budget=budget_of(10_000)).search_documents("pumps things")).passages) == 2
    )
    (cut,) = (await LookUps(library, most=9, budget=budget_of(30)).search_documents("pumps things")).passages
    assert 15 < len(cut.text) <= 30
    whole = next(passage for passage in library.read(cut.path) if passage.text.startswith(cut.text))
    assert whole.text[len(cut.text)].isspace()


@pytest.mark.parametrize("lines", ["100-102", "100 to 102", [100, 102], "lines 100-102"])
async def test_lines_are_read_however_a_model_writes_the_range(look_ups: LookUps, lines: str) -> None:
    found = await look_ups.read_document("long.txt", lines=lines)
    assert "Line 101 " in str(found)
    assert "Line 1 " not in str(found)


async def test_the_text_around_a_passage_is_read_by_its_number(look_ups: LookUps) -> None:
    middle = (await look_ups.read_document("long.txt", lines="100")).passages[0]
    around = await look_ups.read_document("long.txt", around=middle.n)
    assert middle in around.passages
    assert len(around.passages) > 1


async def test_a_passage_number_that_was_never_shown_is_refused(look_ups: LookUps) -> None:
    with pytest.raises(DocmindError, match="no passage \\[7\\]"):
        await look_ups.read_document("long.txt", around=7)


async def test_documents_are_listed_by_a_part_of_their_path(look_ups: LookUps) -> None:
    assert str(await look_ups.list_documents("OLD/")).startswith("old/notes.txt (")
    assert str(await look_ups.list_documents("nowhere")) == "No document matches."


@pytest.mark.parametrize(
    "path", ["../secret.txt", "/etc/passwd", "old/../../secret.txt", "leak.txt", "", ".", "pump.md\0", "~/.ssh/id_rsa"]
)
async def test_nothing_outside_the_library_can_be_read(look_ups: LookUps, folder: Path, path: str) -> None:
    with pytest.raises(DocmindError) as refused:
        await look_ups.read_document(path)
    assert refused.value.code == Code.OUTSIDE


async def test_an_absolute_path_into_the_library_is_refused_too(look_ups: LookUps, folder: Path) -> None:
    with pytest.raises(DocmindError):
        await look_ups.read_document(str(folder / "pump.md"))


async def test_a_link_out_of_the_folder_is_not_even_searched(look_ups: LookUps) -> None:
    assert "hunter2" not in str(await look_ups.search_documents("password hunter2"))


def test_the_parser_learns_the_parameters_from_the_tools(look_ups: LookUps) -> None:
    assert parameters(look_ups.tools()) == {
        "search_documents": ["query"],
        "read_document": ["path", "page", "lines", "around"],
        "list_documents": ["pattern"],
    }


@pytest.mark.parametrize("number", ["99999999999999999999999", "p. 99999999999999999999999"])
async def test_absurd_pages_and_lines_find_nothing(look_ups: LookUps, number: str) -> None:
    assert str(await look_ups.read_document("long.txt", lines=number)) == NO_PASSAGES
    assert str(await look_ups.read_document("long.txt", page=number)) == NO_PASSAGES  # type: ignore[arg-type]


def test_the_prompt_describes_every_tool_with_its_parameters(look_ups: LookUps) -> None:
    for name, names in parameters(look_ups.tools()).items():
        described = SYSTEM.split(f"\n{name}: ", 1)[1].split("\n##")[0]
        assert all(f'"{parameter}": ' in described for parameter in names)
