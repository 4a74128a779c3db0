"""kill -9 of the process that writes, at random points: benchmarks/chats.py does it more often, and takes the time."""

import contextlib
import random
import sqlite3
from pathlib import Path

from fakes.chat_kills import kill


def test_after_every_kill_the_store_opens_and_each_answer_is_whole_or_a_marked_beginning(file: Path) -> None:
    points = random.Random(6)
    kills = [kill(file, f"chat{number}", points.randrange(1, 150)) for number in range(8)]
    assert [killed.problem for killed in kills] == [""] * len(kills)
    with contextlib.closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM event").fetchone() == (0,)
