import os
import threading
from pathlib import Path

import psutil
import pytest

from docmind.agents.library.reading import Job, Outcome, Reader
from docmind.agents.settings import LibrarySettings
from fakes.documents import xlsx


def job(path: Path, known: bytes = b"") -> Job:
    return Job(os.fsencode(path.parent), os.fsencode(path.name), 1, 1, known)


def read(*paths: Path, **settings: float) -> list[Outcome]:
    with Reader(LibrarySettings(**settings)) as reader:  # type: ignore[arg-type]
        return [outcome for _, outcome in reader.read([job(path) for path in paths])]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.txt"
    path.write_text("good text")
    return path


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file that unpacks to a sheet of three million cells: seconds of work, a gigabyte of memory."""
    path = tmp_path_factory.mktemp("huge") / "huge.xlsx"
    path.write_bytes(xlsx("s", [["1"] * 1000] * 3000))
    return path


def test_a_file_that_takes_too_long_costs_only_itself(good: Path, huge: Path) -> None:
    first, second, third = read(good, huge, good, file_timeout=0.5)
    assert (second.state, second.reason) == ("failed", "took longer than 0.5 s to read")
    assert first == third
    assert first.chunks[0].text == "good text"


def test_a_file_that_takes_too_much_memory_costs_only_itself(good: Path, huge: Path) -> None:
    first, second, third = read(good, huge, good, file_memory_mb=256)
    assert second.state == "failed"
    assert "256 MiB" in second.reason
    assert first == third


def test_leaving_the_block_ends_the_child_at_work(good: Path, huge: Path) -> None:
    with Reader(LibrarySettings()) as reader:
        next(reader.read([job(good), job(huge)]))
        assert reader._child
        child = psutil.Process(reader._child.pid)
    assert not child.is_running()


def test_the_child_does_not_outlive_its_parent(good: Path, huge: Path) -> None:
    with Reader(LibrarySettings()) as reader:
        next(reader.read([job(good), job(huge)]))
        child = reader._child
        assert child
        assert child.stdin
        child.stdin.close()  # as when the parent dies, however it does
        assert child.wait(30) == 1


def test_a_file_is_read_again_when_somebody_killed_the_child(good: Path) -> None:
    with Reader(LibrarySettings()) as reader:
        outcomes = reader.read([job(good)] * 3)
        first = next(outcomes)
        assert reader._child
        reader._child.kill()
        assert [outcome.state for _, outcome in (first, *outcomes)] == ["read"] * 3


def test_a_file_that_is_killed_again_has_failed(good: Path, huge: Path) -> None:
    done, killed = threading.Event(), set[int]()

    def kill() -> None:
        while not done.wait(0.01):
            for child in psutil.Process().children():
                killed.add(child.pid)
                child.kill()

    killer = threading.Thread(target=kill)
    with Reader(LibrarySettings()) as reader:
        killer.start()
        outcomes = reader.read([job(huge), job(good)])
        _, outcome = next(outcomes)
        done.set()
        killer.join()
        assert (outcome.state, "SIGKILL" in outcome.reason, len(killed) >= 2) == ("failed", True, True)
        assert [outcome.state for _, outcome in outcomes] == ["read"]


@pytest.mark.parametrize(
    "extreme", [{"file_timeout": 1e300}, {"file_memory_mb": 10**14}, {"max_file_mb": 1e300}, {"max_file_mb": 1e6}]
)
def test_limits_may_be_as_high_as_one_likes(good: Path, extreme: dict[str, float]) -> None:
    assert [outcome.state for outcome in read(good, **extreme)] == ["read"]


def test_an_error_of_docmind_is_not_taken_for_a_lack_of_memory(good: Path) -> None:
    (outcome,) = read(good, file_timeout=-1)  # which the child refuses
    assert (outcome.state, outcome.reason) == ("failed", "docmind made an error in reading it")


def test_known_content_is_not_parsed_again(good: Path) -> None:
    (outcome,) = read(good)
    with Reader(LibrarySettings()) as reader:
        ((_, again),) = reader.read([job(good, outcome.hash)])
    assert (again.state, again.chunks) == ("same", [])


def test_a_file_that_vanished_is_gone(tmp_path: Path) -> None:
    assert [outcome.state for outcome in read(tmp_path / "never.txt")] == ["gone"]


def test_what_became_a_link_or_a_pipe_since_it_was_found_is_not_followed(tmp_path: Path, good: Path) -> None:
    (tmp_path / "link.txt").symlink_to(good)
    os.mkfifo(tmp_path / "pipe.txt")
    assert [outcome.state for outcome in read(tmp_path / "link.txt", tmp_path / "pipe.txt")] == ["failed", "failed"]


def test_a_folder_that_became_a_link_is_not_followed(tmp_path: Path, good: Path) -> None:
    (tmp_path / "folder").symlink_to(tmp_path)
    with Reader(LibrarySettings()) as reader:
        ((_, outcome),) = reader.read([Job(os.fsencode(tmp_path), b"folder/good.txt", 1, 1)])
    assert outcome.state == "failed"


def test_a_file_that_grew_over_the_limit_is_left_out(good: Path) -> None:
    good.write_text("x" * 3000)
    assert [(outcome.state, outcome.reason) for outcome in read(good, max_file_mb=0.002)] == [("skipped", "too large")]


def test_modules_in_the_current_folder_are_not_imported(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (good.parent / "msgspec.py").write_text("raise SystemExit('imported from the documents')")
    monkeypatch.chdir(good.parent)
    assert [outcome.state for outcome in read(good)] == ["read"]
