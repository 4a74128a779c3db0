"""Read a TOML file and know the line of each key, so that a wrong value can be shown where it stands."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from .errors import Code, DocmindError
from .text import one_line

Key = tuple[str, ...]
"""A dotted key in its parts."""

_DEEPEST = 5
"""Longest key whose line anybody asks for, in parts."""


class ConfigFile(NamedTuple):
    """The tables of a file, and where their keys stand."""

    path: Path
    table: dict[str, Any]
    lines: dict[Key, int]
    """From 1; a key inside an inline table has none of its own."""

    def where(self, key: Key) -> str:
        """`path:line` of the key, or of the nearest table around it."""
        for length in range(len(key), 0, -1):
            if line := self.lines.get(key[:length]):
                return f"{shown(self.path)}:{line}"
        return shown(self.path)


def read_config(path: Path) -> ConfigFile:
    """Raises DocmindError (CONFIG) when the file cannot be read or is not TOML."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return ConfigFile(path, tomllib.loads(text), _key_lines(text))
    except OSError as error:
        raise DocmindError(
            Code.CONFIG,
            f"{shown(path)}: the configuration file cannot be read: {error.strerror}.",
            "Name another one with --config FILE or DOCMIND_CONFIG.",
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _not_toml(path, line, "expected UTF-8 text, found another encoding") from error
    except (ValueError, RecursionError) as error:  # of tomllib: not TOML, a number too long, or nested too deep
        found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        raise _not_toml(path, line, str(error)[: found.start()] if found else str(error)) from error


def _not_toml(path: Path, line: int, problem: str) -> DocmindError:
    message = f"{shown(path)}:{line}: expected TOML: {one_line(problem)}."
    repeated = problem.startswith("Cannot")  # overwrite a value, declare a table twice, change an inline table
    rule = "each key and each table may be there only once" if repeated else "text values stand in quotes"
    return DocmindError(Code.CONFIG, message, f"Correct that line; {rule}.")


def shown(path: Path) -> str:
    """A path as it may stand in a message."""
    return one_line(os.fspath(path), 500)


def _key_lines(text: str) -> dict[Key, int]:
    """The first line of every table and key. tomllib tells no positions, so each line is read on its own."""
    lines: dict[Key, int] = {}
    table: Key = ()
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("["):
            table = _parts(line) or table
            key = table
        else:
            key = table + _parts(line.partition("=")[0] + " = 0")
        for depth in range(1, _DEEPEST + 1):
            lines.setdefault(key[:depth], number)
    return lines


def _parts(toml: str) -> Key:
    """The key that one line of TOML defines; empty when it is not a line of its own."""
    try:
        node: Any = tomllib.loads(toml)
    except (ValueError, RecursionError):
        return ()
    parts = []
    while isinstance(node, dict) and node:
        name, node = next(iter(node.items()))
        parts.append(name)
    return tuple(parts)
