"""Finds the files under the named folders: what to read, and what was left out for which reason.

Only names and sizes are looked at here. Links are never followed, so nothing outside the folders is ever found.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..errors import Code, DocmindError
from ..text import one_line

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

HIDDEN, IGNORED, BINARY, LARGE, EMPTY = "hidden", "ignored by .gitignore", "binary", "too large", "empty"
LINK, SPECIAL = "symbolic link", "not a regular file"

# Formats without text. What a file really holds is looked at when it is read; this list saves the opening.
_BINARY = frozenset(
    b"""
    7z a aac apk avi avif bin bmp bz2 class db dll dmg dylib exe fits flac gguf gif gz heic ico iso jar jpeg jpg lz4
    m4a mkv mov mp3 mp4 npy npz o ogg onnx opus otf parquet pkl png psd pt pyc pyd rar safetensors so sqlite sqlite3 svg
    svgz tar tgz tif tiff ttf wasm wav webm webp whl wmv woff woff2 xz zip zst
    """.split()
)


class Found(msgspec.Struct, frozen=True):
    """A file to read: `name` is its path below `root`, as the file system spells it; empty when `root` is the file."""

    root: bytes
    name: bytes
    size: int
    changed: int
    """When content, rights or name last changed (ctime), in nanoseconds since 1970.

    Unlike the date of the content (mtime), no copying program can set it back.
    """

    @property
    def path(self) -> bytes:
        return os.path.join(self.root, self.name) if self.name else self.root


class Findings(msgspec.Struct):
    """What is under the roots. `skipped` counts files and whole folders by reason."""

    files: list[Found] = []
    skipped: dict[str, int] = {}
    failed: list[tuple[bytes, bytes, str]] = []
    """(root, name, reason) of what could not be looked at."""

    def skip(self, reason: str) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + 1


def resolve(roots: Sequence[Path]) -> list[Path]:
    """The roots as real absolute paths, sorted, each once. Raises DocmindError(NO_FOLDER)."""
    return sorted({_resolve(root) for root in roots})


def _resolve(root: Path) -> Path:
    try:
        real = root.expanduser().resolve(strict=True)
        if real.is_dir() or real.is_file():
            return real
        reason = "it is neither a folder nor a file"
    except (OSError, RuntimeError) as error:
        reason = (getattr(error, "strerror", None) or "it cannot be followed").lower()
    shown = one_line(str(root))
    raise DocmindError(Code.NO_FOLDER, f"Cannot open {shown}: {reason}.", "Name a folder or a file that exists.")


def find(roots: Sequence[Path], max_bytes: float) -> Findings:
    """Every file under `roots`, once even when one root lies inside another. Raises DocmindError(NO_FOLDER)."""
    findings, named = Findings(), {os.fsencode(root) for root in resolve(roots)}
    for root in sorted(named):
        below = _walk(root, named - {root}, findings) if os.path.isdir(root) else _single(root, findings)
        for found in below:
            if reason := _reason(found, max_bytes):
                findings.skip(reason)
            else:
                findings.files.append(found)
    return findings


def _reason(found: Found, max_bytes: float) -> str:
    """Why the file is left out, judged by its name and size; empty when it is not."""
    if found.size == 0:
        return EMPTY
    if (found.name or found.root).rpartition(b".")[2].lower() in _BINARY:
        return BINARY
    return LARGE if found.size > max_bytes else ""


def _single(root: bytes, findings: Findings) -> Iterator[Found]:
    try:
        info = os.stat(root, follow_symlinks=False)
    except OSError as error:
        findings.failed.append((root, b"", f"cannot be opened: {error.strerror}"))
    else:
        yield Found(root, b"", info.st_size, info.st_ctime_ns)


def _walk(root: bytes, others: set[bytes], findings: Findings) -> Iterator[Found]:
    folders: list[tuple[bytes, _Ignored]] = [(b"", _Ignored())]
    while folders:
        folder, ignored = folders.pop()
        path = os.path.join(root, folder) if folder else root
        try:
            with os.scandir(path) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            findings.failed.append((root, folder, f"the folder cannot be opened: {error.strerror}"))
            continue
        if any(entry.name == b".gitignore" for entry in listed):
            ignored = ignored.below(path, folder)
        for entry in listed:
            name = folder + b"/" + entry.name if folder else entry.name
            if entry.path in others:
                continue
            if reason := _left_out(entry, name, ignored):
                findings.skip(reason)
            elif entry.is_dir(follow_symlinks=False):
                folders.append((name, ignored))
            else:
                yield from _stat(root, name, entry, findings)


def _left_out(entry: "os.DirEntry[bytes]", name: bytes, ignored: "_Ignored") -> str:
    if entry.name.startswith(b"."):
        return HIDDEN
    if entry.is_symlink():
        return LINK
    folder = entry.is_dir(follow_symlinks=False)
    if not folder and not entry.is_file(follow_symlinks=False):
        return SPECIAL
    return IGNORED if ignored.matches(name, folder) else ""


def _stat(root: bytes, name: bytes, entry: "os.DirEntry[bytes]", findings: Findings) -> Iterator[Found]:
    try:
        info = entry.stat(follow_symlinks=False)
    except OSError:
        return  # it vanished since the folder was listed
    if stat.S_ISREG(info.st_mode):
        yield Found(root, name, info.st_size, info.st_ctime_ns)


class _Ignored:
    """The .gitignore files that apply to a folder, outermost first; a deeper one overrules those above it."""

    def __init__(self, specs: "tuple[tuple[int, GitIgnoreSpec], ...]" = ()) -> None:
        self.specs = specs

    def below(self, path: bytes, folder: bytes) -> "_Ignored":
        """These rules and those of the .gitignore in `path`; one that cannot be read changes nothing."""
        from pathspec import GitIgnoreSpec  # 60 ms, and most folders have none

        try:
            fd = os.open(os.path.join(path, b".gitignore"), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(fd, encoding="utf-8", errors="surrogateescape") as file:
                spec = GitIgnoreSpec.from_lines(file.read(1_000_000).splitlines())
        except (OSError, ValueError):
            return self
        return _Ignored((*self.specs, (len(folder) + 1 if folder else 0, spec)))

    def matches(self, name: bytes, folder: bool) -> bool:
        for start, spec in reversed(self.specs):
            verdict = spec.check_file(os.fsdecode(name[start:]) + ("/" if folder else "")).include
            if verdict is not None:
                return verdict
        return False
