"""The header of a GGUF file: what is read of it, and what files that are damaged or made to hurt do."""

import contextlib
import os
import random
import resource
import struct
import time
from pathlib import Path

import gguf
import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.hardware.fit.facts import shape_of
from docmind.agents.hardware.fit.gguf import MOST_BYTES, MOST_TEXTS, parts, read_header
from fakes.models import SHAPES, write_model


def header(facts: bytes = b"", facts_count: int = 0, tensors: bytes = b"", tensor_count: int = 0) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensor_count, facts_count) + facts + tensors


def text(value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(value) if length is None else length) + value


@pytest.mark.parametrize("name", SHAPES)
def test_the_tensors_are_as_the_gguf_package_reads_them(tmp_path: Path, name: str) -> None:
    path = write_model(tmp_path / "model.gguf", SHAPES[name]())
    theirs = {tensor.name: (tensor.n_bytes, tensor.n_elements) for tensor in gguf.GGUFReader(path).tensors}
    ours = read_header(path).tensors
    assert {name: tensor.elements for name, tensor in ours.items()} == {name: int(n) for name, (_, n) in theirs.items()}
    assert all(0 <= ours[name].size - size < 32 for name, (size, _) in theirs.items())


def test_a_file_in_parts_is_one_model_whichever_part_is_named(tmp_path: Path) -> None:
    whole = read_header(write_model(tmp_path / "model.gguf", SHAPES["gqa"]()))
    first, second = parts(tmp_path / "big-00002-of-00002.gguf")
    write_model(first, SHAPES["gqa"]())
    with second.open("wb") as file:
        file.write(header(tensors=text(b"blk.7.more.weight") + struct.pack("<IQIQ", 1, 100, 0, 0), tensor_count=1))
        file.write(bytes(1000))
    for part in (first, second):
        found = read_header(part)
        assert found.facts == whole.facts
        assert {*found.tensors} == {*whole.tensors, "blk.7.more.weight"}


def test_a_part_that_is_missing_is_named(tmp_path: Path) -> None:
    write_model(tmp_path / "big-00001-of-00002.gguf", SHAPES["gqa"]())
    with pytest.raises(DocmindError, match=r"big-00002-of-00002\.gguf"):
        read_header(tmp_path / "big-00001-of-00002.gguf")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGUF",
        b"GGUF" + struct.pack("<I", 1),
        b"GGUF" + struct.pack(">I", 3),
        b"<html>404</html>",
        header(facts_count=2**63),
        header(tensor_count=2**63),
        header(text(b"k", 2**62), 1),
        header(text(b"k") + struct.pack("<I", 77), 1),
        header(text(b"k") + struct.pack("<IIQ", 9, 4, 2**61), 1),
        header(text(b"k") + struct.pack("<IIQ", 9, 8, 2**61), 1),
        header(text(b"k") + struct.pack("<IIQ", 9, 9, 2**61), 1),
        header(tensors=text(b"t") + struct.pack("<I", 2**31), tensor_count=1),
        header(tensors=text(b"t") + struct.pack("<IQIQ", 1, 8, 0, 2**60), tensor_count=1),
        header(),
    ],
    ids=lambda content: content[:60].hex(),
)
def test_a_file_that_is_damaged_or_none_is_said_to_be_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    with pytest.raises(DocmindError) as caught:
        shape_of(read_header(path), "bad")
    assert caught.value.code == Code.MODEL_FILE
    assert caught.value.hint


def test_a_folder_and_a_missing_file_are_said_to_be_so(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "directory"), (tmp_path / "none.gguf", "No such file")):
        with pytest.raises(DocmindError, match=why):
            read_header(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    with pytest.raises(DocmindError, match="a pipe or a device"):
        read_header(tmp_path / "pipe.gguf")


def test_a_header_without_end_takes_neither_memory_nor_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "endless.gguf"
    with path.open("wb") as file:
        file.write(header(facts_count=3))
        for _ in range(3):
            file.write(text(b"k") + struct.pack("<IIQ", 9, 8, MOST_TEXTS))
            file.seek(8 * MOST_TEXTS, os.SEEK_CUR)  # empty texts, which take no space on the disk
        os.truncate(path, 1 << 40)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DocmindError, match=f"more than {MOST_BYTES >> 20} MiB"):
        read_header(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # KiB


def test_every_place_where_a_download_may_have_stopped_is_an_error_or_a_shape(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.gguf", SHAPES["mqa"]())
    whole = path.read_bytes()[:100_000]
    for size in random.Random(1).sample(range(len(whole)), 200):
        path.write_bytes(whole[:size])
        with pytest.raises(DocmindError):
            shape_of(read_header(path), "cut")


def test_ten_thousand_damaged_headers_raise_nothing_else(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.gguf", SHAPES["mla"](), texts=4)
    whole, chance = path.read_bytes(), random.Random(2)
    end = whole.rindex(b"output_norm.weight") + 100
    path.write_bytes(whole[:end])
    os.truncate(path, len(whole))
    deadline = time.process_time() + 100
    with path.open("r+b", buffering=0) as file:
        for _ in range(10_000):
            places = [chance.randrange(end) for _ in range(3)]
            for place in places:
                os.pwrite(file.fileno(), bytes([chance.randrange(256)]), place)
            with contextlib.suppress(DocmindError):
                shape = shape_of(read_header(path), "spoilt")
                assert shape.weights >= 0
                assert shape.compute(8192) >= 0
                assert shape.cache(8192, "q8_0") >= 0
            for place in places:
                os.pwrite(file.fileno(), whole[place : place + 1], place)
            assert time.process_time() < deadline, "a header that takes for ever"
