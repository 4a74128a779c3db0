"""Messages are made to fit a context window."""

from llama_index.core.llms import ChatMessage

from docmind.agents.routing.fit import LEFT_OUT, fit, room, size


def message(role: str, content: str) -> ChatMessage:
    return ChatMessage(role=role, content=content)


SYSTEM, QUESTION = message("system", "rules " * 50), message("user", "What is blue?")
STEP = message("assistant", "Thought: x\nAction: search_documents\nAction Input: {}")


def observation(word: str) -> ChatMessage:
    return message("user", "Observation: " + f"{word} " * 200)


def contents(messages: list[ChatMessage]) -> list[str | None]:
    return [m.content for m in messages]


def test_what_fits_stays_as_it_is() -> None:
    messages = [SYSTEM, QUESTION, STEP, observation("first")]
    assert fit(messages, size(messages)) == messages


def test_nothing_goes_that_just_has_room() -> None:
    shorter = [SYSTEM, QUESTION, STEP, message("user", LEFT_OUT), STEP, observation("second"), STEP]
    messages = [*shorter, observation("third")]
    whole = [*messages[:3], observation("first"), *messages[4:]]
    assert fit(whole, size(messages)) == messages


def test_first_the_oldest_observation_is_left_out_visibly() -> None:
    messages = [SYSTEM, QUESTION, STEP, observation("first"), STEP, observation("second")]
    budget = size([SYSTEM, QUESTION, STEP, STEP, observation("second")]) + 40
    fitted = fit(messages, budget)
    assert contents(fitted) == contents(
        [SYSTEM, QUESTION, STEP, message("user", LEFT_OUT), STEP, observation("second")]
    )


def test_no_more_observations_are_left_out_than_must_be() -> None:
    messages = [SYSTEM, QUESTION, STEP, observation("first"), STEP, observation("second"), STEP, observation("third")]
    fitted = fit(messages, size(messages) - 10)
    assert [m.content == LEFT_OUT for m in fitted if (m.content or "").startswith("Observation:")] == [
        True,
        False,
        False,
    ]


def test_at_last_the_newest_observation_is_cut_and_the_question_stays() -> None:
    messages = [SYSTEM, QUESTION, STEP, observation("only")]
    budget = size([SYSTEM, QUESTION, STEP]) + 100
    fitted = fit(messages, budget)
    assert size(fitted) <= budget
    assert contents(fitted)[:3] == contents(messages)[:3]
    assert (fitted[3].content or "").startswith("Observation: only only")


def test_a_hopelessly_small_window_still_gets_the_rules_and_the_question() -> None:
    assert fit([SYSTEM, QUESTION], 10) == [SYSTEM, QUESTION]


def test_the_past_gets_what_the_answer_and_the_passages_of_a_call_leave() -> None:
    fixed = size([SYSTEM, QUESTION])
    assert room([SYSTEM, QUESTION], window=2000, answer=500) == 2000 - 500 - 700 - fixed


def test_passages_that_are_there_take_their_own_reserve_first() -> None:
    small, large = [SYSTEM, QUESTION, STEP, observation("a")], [SYSTEM, QUESTION, STEP, *8 * [observation("a")]]
    step, found = size([STEP]), size(large) - size([SYSTEM, QUESTION, STEP])
    before = room([SYSTEM, QUESTION], window=2000, answer=500)
    assert room(small, window=2000, answer=500) == before - step
    assert room(large, window=2000, answer=500) == before - step - (found - 700)
