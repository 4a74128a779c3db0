"""Profiles that were made smaller are remembered, and nothing else is."""

import os
import stat
from pathlib import Path

import msgspec
import pytest

from docmind.agents.errors import Code, DocmindError
from docmind.agents.reduced import Reductions, difference
from docmind.agents.settings import Profile

OWN = Profile(kind="ollama", url="http://127.0.0.1:1", context=8192, options={"api_key": "sk-secret", "temperature": 0})
SMALLER = msgspec.structs.replace(OWN, context=4096, options=OWN.options | {"num_gpu": 0})


@pytest.fixture
def reductions(tmp_path: Path) -> Reductions:
    return Reductions(tmp_path / "data")


def test_only_what_differs_is_kept_for_the_owner_alone_and_no_secret(tmp_path: Path, reductions: Reductions) -> None:
    reductions.keep("fast/llama:8b", OWN, SMALLER, "It was full.")
    (file,) = (tmp_path / "data" / "reduced").iterdir()
    found = Reductions(tmp_path / "data").of("fast/llama:8b", OWN)

    assert found
    assert (found.change, found.why) == ({"context": 4096, "options": {"num_gpu": 0}}, "It was full.")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"sk-secret" not in file.read_bytes()
    assert reductions.applied({"fast/llama:8b": OWN, "other": OWN}) == {"fast/llama:8b": SMALLER, "other": OWN}
    assert reductions.told("fast/llama:8b", OWN) == "context = 4096, options.num_gpu = 0"


def test_the_latest_one_counts(reductions: Reductions) -> None:
    reductions.keep("fast", OWN, SMALLER, "")
    reductions.keep("fast", OWN, msgspec.structs.replace(OWN, context=2048), "")
    assert reductions.told("fast", OWN) == "context = 2048"


def test_a_change_of_the_settings_forgets_it(reductions: Reductions) -> None:
    reductions.keep("fast", OWN, SMALLER, "")
    changed = msgspec.structs.replace(OWN, max_tokens=99)
    assert reductions.told("fast", changed) == ""
    assert reductions.applied({"fast": changed}) == {"fast": changed}
    assert reductions.applied({"fast": OWN}) == {"fast": OWN}


def test_it_is_taken_back_once(reductions: Reductions) -> None:
    reductions.keep("fast", OWN, SMALLER, "")
    assert reductions.forget("fast")
    assert not reductions.forget("fast")
    assert reductions.told("fast", OWN) == ""


@pytest.mark.parametrize("content", [b"", b"not json", b"{}", b"\xff\xfe"])
def test_a_damaged_file_is_none(tmp_path: Path, reductions: Reductions, content: bytes) -> None:
    reductions.keep("fast", OWN, SMALLER, "")
    (file,) = (tmp_path / "data" / "reduced").iterdir()
    file.write_bytes(content)
    assert reductions.applied({"fast": OWN}) == {"fast": OWN}


@pytest.mark.parametrize("written", [b'"many"', b"-5", b'{"tokens": 4096}'])
def test_a_file_that_somebody_has_changed_makes_no_wrong_profile(
    tmp_path: Path, reductions: Reductions, written: bytes
) -> None:
    reductions.keep("fast", OWN, SMALLER, "")
    (file,) = (tmp_path / "data" / "reduced").iterdir()
    file.write_bytes(file.read_bytes().replace(b"4096", written))
    assert (reductions.of("fast", OWN), reductions.told("fast", OWN)) == (None, "")
    assert reductions.applied({"fast": OWN}) == {"fast": OWN}


def test_where_nothing_can_be_written_questions_go_on(
    tmp_path: Path, reductions: Reductions, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").write_text("a file in the place of the folder")
    reductions.keep("fast", OWN, SMALLER, "")
    assert "cannot remember the smaller fast" in caplog.text
    assert reductions.applied({"fast": OWN}) == {"fast": OWN}
    with pytest.raises(DocmindError) as raised:
        reductions.forget("fast")
    assert raised.value.code == Code.DISK


def test_nothing_is_left_beside_the_files(tmp_path: Path, reductions: Reductions) -> None:
    for n in range(5):
        reductions.keep("fast", OWN, msgspec.structs.replace(OWN, context=1000 + n), "")
    assert len(os.listdir(tmp_path / "data" / "reduced")) == 1


def test_no_difference_is_an_empty_one() -> None:
    assert difference(OWN, OWN) == {}
