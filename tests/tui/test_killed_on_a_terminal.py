"""kill -9 in mid-answer, at some points: benchmarks/kills.py does it 200 times."""

from pathlib import Path

import pytest

from killing.home import home
from killing.striking import Point, Striking

POINTS = (
    [Point("both", -25.5), Point("screen", 20.3), Point("engine", 51.8)],
    [Point("screen", -9.4), Point("both", 33.1), Point("screen", 60.6)],
)
"""Before the model is asked, in the thought before the look-up, in the answer."""


@pytest.mark.parametrize("points", POINTS, ids=["first", "second"])
def test_after_every_kill_the_chat_opens_with_what_was_said_and_the_answer_ends_whole(
    points: list[Point], tmp_path: Path
) -> None:
    with home(tmp_path, words=80) as ready:
        striking = Striking(ready, "What is said?", points)
        striking.run()
        assert [each.faults for each in striking.found] == [[]] * len(points)
