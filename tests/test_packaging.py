"""The built packages hold everything, and install nothing but docmind."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("agents", "tui", "themes")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("built")
    checkout = folder / "checkout"
    ignore = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(ROOT, checkout, symlinks=True, ignore=ignore)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(checkout)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> set[str]:
    return set(zipfile.ZipFile(next(built.glob("*.whl"))).namelist())


def sources() -> set[str]:
    """Every module and data file as it should stand in the wheel."""
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    inner = {f"docmind/{path.relative_to(ROOT)}" for path in files if path.suffix != ".pyc"}
    return inner | {f"docmind/{path.name}" for path in (ROOT / "src/docmind").iterdir() if path.is_file()}


def test_the_wheel_holds_every_module_and_data_file(wheel: set[str]) -> None:
    assert sources() <= wheel
    assert "docmind/agents/library/__init__.py" in wheel


def test_the_source_distribution_holds_what_the_wheel_was_built_from(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/{name}" for name in sources()} <= names
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names


def test_installing_puts_only_docmind_at_the_top_level(wheel: set[str], built: Path) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"docmind"}
    metadata = next(name for name in wheel if name.endswith(".dist-info/entry_points.txt"))
    text = zipfile.ZipFile(next(built.glob("*.whl"))).read(metadata).decode()
    assert text.split("\n")[:2] == ["[console_scripts]", "docmind = docmind.tui.cli:main"]


def test_the_unpacked_wheel_runs_without_the_checkout(built: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(next(built.glob("*.whl"))).extractall(tmp_path)
    program = "import docmind.tui.cli as cli; print(cli.__file__); cli.main(['--help'])"
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(tmp_path))
    assert "commands:" in done.stdout
