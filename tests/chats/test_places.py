"""Places that cannot be written: a full file system, a read-only one."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from docmind.agents.chats.journal import Journal
from docmind.agents.chats.opening import prepare
from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.errors import Code, DocmindError
from fakes.chats import Telling, say, some_chat, writing
from fakes.waiting import until


def mount(*arguments: str) -> None:
    """Skips the test where that is not allowed."""
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root may mount")
    if subprocess.run(["mount", *arguments], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("nothing may be mounted here")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=4m,mode=0700", "none", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


async def test_a_full_disk_in_mid_answer_costs_nothing_once_there_is_room(small_disk: Path) -> None:
    file, telling = chats_file(small_disk), Telling()
    journal = Journal(file, telling, retry_s=0.05)
    journal.begin(some_chat())
    journal.ask("r1", "c1", None, "Which colour?", 1000.0)
    for event in writing("r1", "The pump is blue"):
        journal.append("r1", event)
    await until(lambda: file.exists() and answer(file))
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as opened, contextlib.suppress(OSError):
        while opened.write(bytes(4096)):
            pass
    assert shutil.disk_usage(small_disk).free == 0
    more = writing("r1", "and " + "very " * 3_000 + "loud")
    for event in more:
        journal.append("r1", event)
    journal.finish("r1", "stopped")
    await until(lambda: telling.problems)
    assert "full" in telling.problems[0]
    assert answer(file) == writing("r1", "The pump is blue")
    ballast.unlink()
    await until(lambda: telling.problems[-1] == "")
    journal.close()
    assert answer(file) == writing("r1", "The pump is blue") + more


def answer(file: Path) -> list[object]:
    with ChatStore(file) as store:
        return [event for turn in store.turns("c1") for event in turn.events]


@pytest.fixture
def locked(file: Path) -> Iterator[Path]:
    """A store in a folder that cannot be written."""
    say(file, "Which colour?", "Blue.", run="r1")
    folder = file.parent
    if os.geteuid():
        folder.chmod(0o500)
        file.chmod(0o400)
        yield file
        folder.chmod(0o700)
    else:
        mount("--bind", str(folder), str(folder))
        mount("-o", "remount,bind,ro", str(folder))
        yield file
        subprocess.run(["umount", "--lazy", folder], check=True)


async def test_in_a_read_only_folder_chats_are_read_and_what_is_not_saved_is_told(locked: Path) -> None:
    telling = Telling()
    assert "cannot be written" in prepare(locked)
    with ChatStore(locked) as store:
        assert [turn.answer for turn in store.path("c1")] == ["Blue."]
    with pytest.raises(DocmindError) as caught, ChatStore(locked, "rw") as store:
        store.rename("c1", "Mine")
    assert caught.value.code == Code.DISK
    journal = Journal(locked, telling)
    journal.ask("r2", "c1", "r1", "And the valve?", 1000.0)
    await until(lambda: telling.problems)
    journal.close()
    assert "cannot be written" in telling.problems[0]
