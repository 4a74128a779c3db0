"""The real program, run as its users run it, in a home of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


class Program:
    """`docmind` with its own home folder. All runs share one data folder, and so one engine."""

    def __init__(self, home: Path) -> None:
        self.home, self.data_dir = home, home / "data"
        runtime = home / "run"
        runtime.mkdir(mode=0o700, parents=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOCMIND_", "XDG_"))}
        self.environ = kept | {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "DOCMIND_DATA_DIR": str(self.data_dir),
            "TERM": "xterm-256color",
        }

    def command(self, *args: str | Path) -> list[str]:
        return [sys.executable, "-m", "docmind", *map(str, args)]

    def run(self, *args: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        """Runs it to its end, without a terminal."""
        return subprocess.run(
            self.command(*args),
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    def json(self, *args: str | Path, **environ: str) -> Any:
        """What it prints with --json: exactly one object. Asserts that it did well."""
        done = self.run(*args, "--json", **environ)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("\n") == 1, done.stdout
        return json.loads(done.stdout)

    def config(self, text: str) -> Path:
        """A new configuration file."""
        file = self.home / f"config-{len(list(self.home.glob('config-*')))}.toml"
        file.write_text(text, encoding="utf-8")
        return file

    def close(self) -> None:
        """Ends the engine."""
        self.run("engine", "stop")
