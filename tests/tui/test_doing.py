"""The words of the last line."""

import pytest

from docmind.agents.protocol import State
from docmind.tui.doing import doing
from docmind.tui.engine_link import LinkState


@pytest.mark.parametrize(
    ("waiting", "said"),
    [(0, "writing"), (1, "writing   1 more question"), (2, "writing   2 more questions")],
)
def test_questions_that_wait_behind_an_answer_are_counted(waiting: int, said: str) -> None:
    runs = [State(run="r", state="writing"), *[None] * waiting]
    assert doing(LinkState("ready"), None, runs) == said


def test_without_an_engine_the_next_question_is_said_to_try_again() -> None:
    assert doing(LinkState("failed"), None, []) == "no engine: the next question tries again"
