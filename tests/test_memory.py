"""What of a chat's past goes into a prompt: whole, summarised or left out, for any window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmind.agents.chats.live_turn import Exchange
from docmind.agents.memory import LEAST_ROOM, RECALL, choose, due, first_sentences, longest_summary
from docmind.agents.routing.fit import size

WORDS = "The pump is blue and stands beside the valve [1]. "


def turn(number: int, words: int = 10, summary: str = "") -> Exchange:
    return Exchange(f"Question {number}?", f"Answer {number}. {WORDS * words}".strip(), f"run{number}", summary)


def chat(turns: int, words: int = 10, **summaries: str) -> list[Exchange]:
    """`summaries` by run."""
    return [turn(n, words, summaries.get(f"run{n}", "")) for n in range(turns)]


def text(past: list[Exchange], room: int) -> str:
    return "\n".join(str(message.content) for message in choose(past, room).messages)


def test_a_short_past_goes_in_whole_without_its_marks_in_turn() -> None:
    chosen = choose(chat(3, 1), 10_000)
    assert [str(message.role.value) for message in chosen.messages] == ["user", "assistant"] * 3
    assert chosen.messages[1].content == "Answer 0. The pump is blue and stands beside the valve."
    assert (chosen.whole, chosen.summarised, chosen.left_out) == (3, 0, 0)


def test_of_a_longer_one_the_latest_turns_are_whole_and_older_ones_have_their_first_sentences() -> None:
    chosen = choose(chat(12), 1000)
    assert 0 < chosen.whole < 12
    assert chosen.summarised > 0
    assert chosen.whole + chosen.summarised + chosen.left_out == 12
    assert chosen.messages[0].content == RECALL
    assert f"- Question {11 - chosen.whole}? Answer {11 - chosen.whole}." in str(chosen.messages[1].content)
    assert chosen.messages[-2].content == "Question 11?"


def test_a_summary_stands_for_its_turn_and_all_before_it() -> None:
    chosen = choose(chat(12, run6="They spoke of pumps."), 1000)
    assert "They spoke of pumps." in str(chosen.messages[1].content)
    assert chosen.left_out == 0
    assert "Question 6?" not in text(chat(12, run6="They spoke of pumps."), 1000)


def test_what_lies_between_the_summary_and_the_whole_turns_is_told_in_its_first_sentences() -> None:
    found = text(chat(12, run2="They spoke of pumps."), 1000)
    assert found.index("They spoke of pumps.") < found.index("- Question 3? Answer 3.")


def test_the_latest_summary_that_fits_is_taken() -> None:
    past = chat(12, run1="Early.", run4="Late.", run5="Too long. " * 500)
    assert "Late." in text(past, 1000)
    assert "Early." not in text(past, 1000)


def test_a_summary_that_reaches_into_the_whole_turns_is_better_than_none() -> None:
    assert "They spoke of pumps." in text(chat(12, run11="They spoke of pumps."), 1000)


def test_in_a_smaller_window_fewer_turns_are_whole_and_in_a_tiny_one_none() -> None:
    past = chat(12)
    wide, narrow, tiny, none = (choose(past, room) for room in (1500, 700, 60, 0))
    assert wide.whole > narrow.whole > 0 == tiny.whole
    assert tiny.summarised + tiny.left_out == 12
    assert none == ([], 0, 0, 12)


def test_a_turn_that_is_larger_than_the_room_is_told_in_its_first_sentences() -> None:
    past = [turn(0, 1), turn(1, 5000), turn(2, 1)]
    chosen = choose(past, 500)
    assert (chosen.whole, chosen.summarised, chosen.left_out) == (1, 2, 0)
    assert size(chosen.messages) <= 500


def test_only_the_latest_of_thousands_of_turns_are_told() -> None:
    chosen = choose(chat(5000), 2000)
    assert chosen.whole + chosen.summarised + chosen.left_out == 5000
    assert chosen.left_out > 4900


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        (
            "Yes. " + WORDS * 9,
            "Yes. The pump is blue and stands beside the valve. The pump is blue and stands beside the valve.",
        ),
        ("水泵是蓝色的。" * 100, "水泵是蓝色的。" * 9),
        ("word " * 1000, ("word " * 48).strip()[:239].rstrip() + "…"),
        ("One line\nwithout a stop", "One line without a stop"),
        ("", ""),
    ],
)
def test_an_answer_in_short_is_its_first_sentences_on_one_line(answer: str, first: str) -> None:
    assert first_sentences(answer) == first


EXCHANGES = st.lists(
    st.builds(
        Exchange,
        st.text(min_size=1, max_size=60) | st.sampled_from(["Wie groß ist die Pumpe?", "水泵？" * 30, "x" * 9000]),
        st.text(max_size=400) | st.sampled_from([WORDS * 40, "它" * 3000, "Привет. " * 200]),
        st.just("r"),
        st.sampled_from(["", "", "", "In short: pumps.", "長い要約。" * 80]),
    ),
    max_size=30,
)


@given(EXCHANGES, st.integers(-100, 6000))
def test_the_room_is_never_exceeded_and_every_question_is_counted_once(past: list[Exchange], room: int) -> None:
    chosen = choose(past, room)
    assert size(chosen.messages) <= max(room, 0)
    assert chosen.whole + chosen.summarised + chosen.left_out == len(past)
    assert min(chosen.whole, chosen.summarised, chosen.left_out) >= 0
    assert [message.role.value for message in chosen.messages] == ["user", "assistant"] * (len(chosen.messages) // 2)


@given(EXCHANGES, st.integers(-100, 6000))
def test_a_summary_is_due_for_older_turns_only_and_not_again_once_it_is_there(past: list[Exchange], room: int) -> None:
    count = due(past, room)
    assert 0 <= count <= len(past)
    if count:
        assert count >= len(past) - choose(past, room).whole
        past[count - 1] = past[count - 1]._replace(summary="In short.")
        assert due(past, room) == 0


def test_no_summary_is_due_while_all_fits_or_where_there_is_no_room_for_one() -> None:
    assert due(chat(3, 1), 10_000) == 0
    assert due(chat(12), LEAST_ROOM - 1) == 0
    assert due(chat(12), 1000) > 12 - choose(chat(12), 1000).whole
    assert longest_summary(1000) == 300
