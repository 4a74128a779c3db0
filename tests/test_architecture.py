"""What may import what, seen from a fresh process; and the size of files."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = [
    path for folder in ("agents", "tui", "themes", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")
]


def loaded_by(statement: str) -> set[str]:
    """The modules, docmind's and top-level ones, that are loaded after `statement` in a fresh interpreter."""
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name for name in done.stdout.splitlines()[-1].split() if name.startswith("docmind.") or "." not in name}


@pytest.mark.parametrize(
    "module",
    [
        "agents.backends.ollama_server",
        "agents.backends.openai_server",
        "agents.checking",
        "agents.client",
        "agents.backends.hosted_checks",
        "agents.configuration",
        "agents.library.search",
        "agents.library.sync",
        "agents.protocol",
        "agents.settings",
        "agents.text",
        "agents.record.benchmark",
        "agents.record.store",
        "tui.ask",
        "tui.bench_runs",
        "tui.chats.commands",
        "tui.chats.replaying",
        "tui.library_commands",
        "tui.stats",
    ],
)
def test_what_the_screen_and_the_search_use_never_loads_llama_index(module: str) -> None:
    assert loaded_by(f"import docmind.{module}").isdisjoint({"llama_index", "textual", "openai"})


def test_the_engine_knows_no_screen() -> None:
    loaded = loaded_by("import docmind.agents.engine, docmind.agents.conversation")
    assert "llama_index" in loaded
    assert loaded.isdisjoint({"textual", "docmind.tui", "docmind.themes"})


def test_help_loads_nothing_heavy() -> None:
    loaded = loaded_by("from docmind.tui.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass")
    assert "argparse" in loaded
    assert loaded.isdisjoint({"textual", "llama_index", "httpx", "msgspec", "sqlite3"})


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_at_most_250_lines(path: Path) -> None:
    count = len(path.read_text(encoding="utf-8").splitlines())
    assert count <= 250
