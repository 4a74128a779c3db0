"""Reads the header of a GGUF file: facts about the model, and how many bytes each tensor takes. Loads no tensor.

The reader is docmind's own. The `gguf` package brings numpy (0.3 s and 25 MB to import), makes an object of every text
of the vocabulary (15 s for 777,000 of them, which take 0.1 s here), and believes the numbers that a damaged file holds.
The format: github.com/ggml-org/ggml, docs/gguf.md.
"""

import re
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ...errors import Code, DocmindError
from ...text import one_line

VERSIONS = (2, 3)
"""Of the format; those that llama.cpp reads."""
MOST_BYTES = 64 << 20
"""Of a header. The largest vocabularies take 15 MB."""
MOST_FACTS, MOST_TENSORS, MOST_TEXTS = 10_000, 100_000, 4_000_000
"""Counts that are believed; vocabularies with their merges have up to 800,000 texts."""
LONGEST_KEPT = 4096
"""Elements of an array that is kept: the longest that matter here have one a layer. Texts in arrays are skipped."""
_PIECE = 256 << 10
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")

Value = str | int | float | list[int | float]


class Tensor(NamedTuple):
    """One entry of the header."""

    size: int
    """Bytes, the padding after it included."""
    elements: int


class Header(NamedTuple):
    """What a file, or a file in parts, says about itself."""

    facts: dict[str, Value]
    tensors: dict[str, Tensor]


class _Bad(Exception):
    """The text says what is wrong with the file."""


def read_header(path: Path) -> Header:
    """The header; of a file in parts (`-00001-of-00003.gguf`, any of them) the facts of the first, and all tensors.

    Raises DocmindError (MODEL_FILE) for a file that is damaged, cut short, or none.
    """
    headers = [_read_part(part) for part in parts(path)]
    tensors = {name: tensor for header in headers for name, tensor in header.tensors.items()}
    return Header(headers[0].facts, tensors)


def parts(path: Path) -> list[Path]:
    """The files that make up a model, by the name of one of them."""
    found = _PART.search(path.name)
    count = int(found[2]) if found else 1
    if not found or not 1 <= int(found[1]) <= count <= 1000:
        return [path]
    stem = path.name[: found.start()]
    return [path.with_name(f"{stem}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]


def _read_part(path: Path) -> Header:
    shown = one_line(str(path), 500)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe would be waited for
            raise _Bad("is no file but a pipe or a device")
        with path.open("rb") as file:
            return _parse(_Cursor(file), path.stat().st_size)
    except OSError as error:
        raise DocmindError(Code.MODEL_FILE, f"Cannot read {shown}: {error.strerror}.", _HINT) from error
    except _Bad as error:
        raise DocmindError(Code.MODEL_FILE, f"{shown} {error}.", _HINT) from error


_HINT = "Download the file again, or name another one."


class _Cursor:
    """Reads forward, in pieces, and no further than a header may go."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.data, self.start, self.at = file, b"", 0, 0

    @property
    def position(self) -> int:
        return self.start + self.at

    def take(self, size: int) -> int:
        """Index into `data` of the next `size` bytes."""
        if self.at + size > len(self.data):
            self._more(size)
        self.at += size
        return self.at - size

    def _more(self, size: int) -> None:
        if self.position + size > MOST_BYTES:
            raise _Bad(f"has a header of more than {MOST_BYTES >> 20} MiB, which no model needs")
        self.file.seek(self.position)
        self.start, self.at, self.data = self.position, 0, self.file.read(max(_PIECE, size))
        if len(self.data) < size:
            raise _Bad("ends within its header: the download is not complete, or the file is damaged")

    def number(self, kind: str) -> int:
        form = struct.Struct("<" + kind)
        value: int = form.unpack_from(self.data, self.take(form.size))[0]
        return value

    def text(self) -> str:
        size = self.number("Q")
        begin = self.take(size)
        return self.data[begin : begin + size].decode(errors="replace")

    def skip_texts(self, count: int) -> None:
        """The vocabulary: up to a million texts, so without a call for each."""
        length = struct.Struct("<Q").unpack_from
        at, data = self.at, self.data
        for _ in range(count):
            if at + 8 > len(data):
                self.at = at
                at, data = self.take(8), self.data
            at += 8 + length(data, at)[0]
        self.at = at


def _parse(cursor: _Cursor, file_size: int) -> Header:
    begin = cursor.take(8)
    version = int.from_bytes(cursor.data[begin + 4 : begin + 8], "little")
    if cursor.data[begin : begin + 4] != b"GGUF" or version not in VERSIONS:
        raise _Bad("is not a GGUF file that llama.cpp can read")
    tensor_count, fact_count = cursor.number("Q"), cursor.number("Q")
    if tensor_count > MOST_TENSORS or fact_count > MOST_FACTS:
        raise _Bad(f"claims {fact_count} facts and {tensor_count} tensors: the file is damaged")
    facts: dict[str, Value] = {}
    for _ in range(fact_count):
        name, value = cursor.text(), _value(cursor, cursor.number("I"))
        if value is not None:
            facts[name] = value
    entries = [_tensor(cursor) for _ in range(tensor_count)]
    alignment = facts.get("general.alignment", 32)
    step = alignment if isinstance(alignment, int) and alignment > 0 else 32
    begin = -(-cursor.position // step) * step
    return Header(facts, _sized(entries, max(file_size - begin, 0)))


def _value(cursor: _Cursor, kind: int) -> Value | None:
    """None for what is skipped."""
    if kind == _STRING:
        return cursor.text()
    if kind in _NUMBERS:
        return cursor.number(_NUMBERS[kind])
    if kind != _ARRAY:
        raise _Bad(f"holds a value of an unknown type ({kind}): the file is damaged, or newer than this docmind")
    member, count = cursor.number("I"), cursor.number("Q")
    if member == _STRING and count <= MOST_TEXTS:
        cursor.skip_texts(count)
        return None
    if member not in _NUMBERS:
        raise _Bad(
            f"holds an array of {count} values of type {member}: the file is damaged, or newer than this docmind"
        )
    size = struct.calcsize("<" + _NUMBERS[member])
    begin = cursor.take(size * count)
    if count > LONGEST_KEPT:
        return None
    return list(struct.unpack_from(f"<{count}{_NUMBERS[member]}", cursor.data, begin))


def _tensor(cursor: _Cursor) -> tuple[str, int, int]:
    """(name, elements, offset into the data)."""
    name, elements = cursor.text(), 1
    dimensions = cursor.number("I")
    if dimensions > 8:
        raise _Bad(f"claims a tensor of {dimensions} dimensions: the file is damaged")
    for _ in range(dimensions):
        elements *= cursor.number("Q")
    cursor.take(4)  # its type: sizes come from the offsets, so that a new quantisation needs no change here
    return name, elements, cursor.number("Q")


def _sized(entries: list[tuple[str, int, int]], data: int) -> dict[str, Tensor]:
    """Each tensor ends where the next one begins, the last one with the file."""
    ordered = sorted(entries, key=lambda entry: entry[2])
    if not ordered:
        raise _Bad("holds no tensors")
    ends = [offset for _, _, offset in ordered[1:]] + [data]
    if ordered[-1][2] >= data:
        raise _Bad("ends before its last tensor begins: the download is not complete")
    return {name: Tensor(end - offset, elements) for (name, elements, offset), end in zip(ordered, ends, strict=True)}
