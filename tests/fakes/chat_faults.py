"""What is done to a store of chats while the Nth change of the disk fails; a program for the disk of fakes/disk.py.

`python -m fakes.chat_faults WORK FOLDER STEP` prints a JSON line for every STEPth N: what came of it.
"""

import contextlib
import errno
import json
import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from docmind.agents import database
from docmind.agents.chats.chat_file import KeptChat, kept, pieces, take_in
from docmind.agents.chats.journal import Journal
from docmind.agents.chats.opening import prepare
from docmind.agents.chats.records import TimedEvent
from docmind.agents.chats.schema import SCHEMA, damage_mark
from docmind.agents.chats.secrets import Secrets
from docmind.agents.chats.store import ChatStore
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.errors import DocmindError
from docmind.agents.protocol import Token

from . import disk
from .chats import answered, say, some_chat

NEXT = SCHEMA._replace(
    version=3,
    steps={
        1: ("ALTER TABLE chat ADD COLUMN colour TEXT NOT NULL DEFAULT ''", "CREATE TABLE tag(chat TEXT, name TEXT)"),
        2: ("INSERT INTO tag SELECT id, 'old' FROM chat", "UPDATE chat SET colour = 'blue'"),
    },
)
WORDS = [f"word{number} " for number in range(60)]
OLD = {"r0": "Old 0.", "r1": "Old 1.", "r2": "Old 2."}


def fill(file: Path) -> None:
    """What is there before."""
    for run, answer in OLD.items():
        say(file, "?", answer, run=run, chat="old")


def migrate(file: Path) -> str:
    try:
        database.connect(file, "rw", NEXT).close()
    except (OSError, sqlite3.Error) as error:
        return str(error)
    return ""


def ask(file: Path) -> str:
    """What the user has been told last."""
    told, something = [""], threading.Event()

    def tell(problem: str) -> None:
        told.append(problem)
        something.set()

    journal = Journal(file, tell, retry_s=0.01)
    journal.begin(some_chat("new"))
    journal.ask("new", "new", None, "?", 1000.0)
    for first in range(0, len(WORDS), 20):
        if not told[-1]:
            something.clear()
        for word in WORDS[first : first + 20]:
            journal.append("new", TimedEvent(0.1, Token(run="new", text=word)))
        journal.write(lambda store: something.set())  # written at once
        something.wait(10)
    journal.append("new", TimedEvent(0.2, answered("new", "".join(WORDS))))
    journal.finish("new")
    journal.close()
    return told[-1]


def take(file: Path) -> str:
    """An import of two chats."""
    with ChatStore(file) as store:
        old = kept(store, store.chat("old"))
    empty = KeptChat(chat=some_chat("empty"), turns=[])
    try:
        with ChatWriter(file.with_name("other.db")) as store:
            take_in(b"".join(pieces([old, empty], Secrets([]))), store, Secrets([]))
    except DocmindError as error:
        return error.message
    return ""


def mend(file: Path) -> str:
    with contextlib.suppress(OSError):
        damage_mark(file).touch()
    return prepare(file)


WORK: Mapping[str, Callable[[Path], str]] = {"migrate": migrate, "ask": ask, "import": take, "mend": mend}


def attempt(work: str, file: Path, nth: int, lasts: bool) -> tuple[int, str]:
    """How many changes there were, and what was told. It is done in a process that ends at once, as after a kill."""
    reading, writing = os.pipe()
    if not (process := os.fork()):
        disk.arm(nth, errno.EIO if nth % 2 else errno.ENOSPC, lasts)
        said = WORK[work](file)
        os.write(writing, json.dumps([disk.calls(), said]).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        result = pipe.read()
    os.waitpid(process, 0)
    calls, told = json.loads(result)
    return calls, told


def state(file: Path) -> dict[str, object]:
    """What a later docmind finds; everything that can be read is read."""
    found: dict[str, object] = {"prepare": prepare(file)}
    for path in (file, file.with_name("chats.db.v1"), file.with_name("other.db")):
        if database.exists(path):
            with contextlib.closing(sqlite3.connect(path)) as db:
                (found[path.name],) = db.execute("PRAGMA user_version").fetchone()
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                found[f"{path.name} answers"] = dict(db.execute("SELECT run, answer FROM turn"))
                found[f"{path.name} states"] = dict(db.execute("SELECT run, state FROM turn"))
                tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'tag'").fetchone()[0]
                found[f"{path.name} tags"] = db.execute("SELECT * FROM tag").fetchall() if tables else None
    return found


def wrong(work: str, found: Mapping[str, Any]) -> str:
    """What is wrong with what came of it; empty where it is the old state or the new one, and was told so."""
    told, answers, states = found["told"], found["chats.db answers"], found["chats.db states"]
    new, how = answers.pop("new", None), states.pop("new", None)
    if answers != OLD or set(states.values()) != {"done"}:
        return "what was there before is not there any more"
    if work == "migrate":
        here, copy = (found["chats.db"], found["chats.db tags"]), found.get("chats.db.v1 answers", OLD)
        if copy != OLD or here not in [(1, None), (3, [["old", "old"]])]:
            return "neither the old version nor the new one"
        return "" if told or here[0] == 3 else "nothing was told"
    if work == "import":
        there = found.get("other.db answers", {})
        return "" if there == OLD or (told and not there) else "a part of it"
    if work == "ask":
        return _wrong_answer(new, how, bool(found["lasts"]), told)
    return ""


def _wrong_answer(answer: str | None, state: str | None, lasts: bool, told: str) -> str:
    if state == "done" and answer == "".join(WORDS):
        return ""
    if not lasts:
        return "the disk worked again, and the answer is not saved"
    if not told:
        return "nothing was told"
    pieces = ["".join(WORDS[:count]) for count in range(0, len(WORDS) + 1, 20)]
    return "" if (answer, state) == (None, None) or (state == "broken" and answer in pieces) else "between two states"


def main(work: str, folder: Path, step: int) -> None:
    template = folder.parent / "template"
    fill(template / "chats.db")
    for lasts in (False, True):
        nth, calls = 0, 0
        while nth <= calls:  # the first one succeeds, and says how many there are
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(template, folder)
            made, told = attempt(work, folder / "chats.db", nth, lasts)
            calls = calls or made
            found = {"nth": nth, "lasts": lasts, "told": told, **state(folder / "chats.db")}
            print(json.dumps(found), flush=True)
            nth += step


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
