"""Paths as they are shown, and the files that they mean: under other roots the same path means another file."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..text import clean

_BREAKS = re.compile(r"[\n\t]")


def display(path: bytes) -> str:
    """A path as it is shown: on one line, without anything that a terminal would obey."""
    return _BREAKS.sub("\N{REPLACEMENT CHARACTER}", clean(os.fsdecode(path)))


def prefixes(roots: Sequence[Path]) -> dict[bytes, bytes]:
    """Root -> what its paths begin with: nothing for a single root, else its name, numbered where two are the same."""
    if len(roots) == 1:
        return {os.fsencode(roots[0]): b""}
    found: dict[bytes, bytes] = {}
    for root in map(os.fsencode, roots):
        name = prefix = os.path.basename(root)
        number = 1
        while prefix in found.values():
            number += 1
            prefix = name + f" ({number})".encode()
        found[root] = prefix
    return found


def shown(known: dict[bytes, bytes], root: bytes, name: bytes) -> str:
    """The path of the file `name` below `root`; `known` as `prefixes` gives it."""
    return display(os.path.join(known[root], name) if name else known[root] or os.path.basename(root))


def real(roots: Iterable[Path]) -> list[Path]:
    """As `finder.resolve`, also where some no longer exist."""
    return sorted({Path(os.path.realpath(root)) for root in roots})


def file_of(path: str, roots: Sequence[Path]) -> bytes | None:
    """The file that a shown path means; nothing is looked up. None for a path that would lead out of the roots.

    A name that had to be cleaned to be shown is not found again.
    """
    if "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        return None
    for root, prefix in prefixes(roots).items():
        if path == shown({root: prefix}, root, b"") and not os.path.isdir(root):
            return root
        start = f"{display(prefix)}/" if prefix else ""
        if path.startswith(start) and len(path) > len(start):
            return os.path.join(root, os.fsencode(path[len(start) :]))
    return None


def path_of(file: bytes, roots: Sequence[Path]) -> str | None:
    """How the file is shown under these roots; None when it is in none of them."""
    known = prefixes(roots)
    for root in sorted(known, key=len, reverse=True):  # of nested roots, the inner one holds the file
        if file == root or file.startswith(root.rstrip(b"/") + b"/"):
            return shown(known, root, file[len(root) :].lstrip(b"/"))
    return None
