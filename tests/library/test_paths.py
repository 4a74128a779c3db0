import os
from pathlib import Path

import pytest

from docmind.agents.library.paths import file_of, path_of


@pytest.fixture
def roots(tmp_path: Path) -> list[Path]:
    """Two folders of the same name, and a file."""
    for folder in ("a/docs", "b/docs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "plan.txt").write_text("plan")
    return [tmp_path / "a" / "docs", tmp_path / "b" / "docs", tmp_path / "plan.txt"]


def test_a_path_leads_to_its_file_and_back(roots: list[Path]) -> None:
    for path, file in [
        ("docs/x/y.md", roots[0] / "x" / "y.md"),
        ("docs (2)/y.md", roots[1] / "y.md"),
        ("plan.txt", roots[2]),
    ]:
        assert file_of(path, roots) == os.fsencode(file)
        assert path_of(os.fsencode(file), roots) == path


def test_a_single_folder_has_no_name_in_front(roots: list[Path]) -> None:
    assert file_of("x/y.md", roots[:1]) == os.fsencode(roots[0] / "x" / "y.md")
    assert path_of(os.fsencode(roots[0] / "x" / "y.md"), roots[:1]) == "x/y.md"
    assert file_of("plan.txt", roots[2:]) == os.fsencode(roots[2])
    assert path_of(os.fsencode(roots[2]), roots[2:]) == "plan.txt"


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "docs/../../x", "docs//x", "docs/./x", "docs/a\0b", "other/x", "docs"]
)
def test_no_path_leads_out_of_the_folders(roots: list[Path], path: str) -> None:
    assert file_of(path, roots) is None


def test_a_file_elsewhere_has_no_path(roots: list[Path]) -> None:
    assert path_of(os.fsencode(roots[0]) + b"-old/x.md", roots) is None
    assert path_of(b"/etc/passwd", roots) is None


def test_a_file_in_nested_folders_belongs_to_the_inner_one(roots: list[Path]) -> None:
    nested = [roots[0], roots[0] / "inner"]
    assert path_of(os.fsencode(roots[0] / "inner" / "x.md"), nested) == "inner/x.md"
