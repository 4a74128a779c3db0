"""Messages are made to fit a context window."""

from llama_index.core.llms import ChatMessage

from docmind.agents.routing.fit import LEFT_OUT, fit, size


def message(role: str, content: str) -> ChatMessage:
    return ChatMessage(role=role, content=content)


SYSTEM, QUESTION = message("system", "rules " * 50), message("user", "What is blue?")
HISTORY = [message("user", "old question " * 50), message("assistant", "old answer " * 50)]
STEP = message("assistant", "Thought: x\nAction: search_documents\nAction Input: {}")


def observation(word: str) -> ChatMessage:
    return message("user", "Observation: " + f"{word} " * 200)


def contents(messages: list[ChatMessage]) -> list[str | None]:
    return [m.content for m in messages]


def test_what_fits_stays_as_it_is() -> None:
    messages = [SYSTEM, *HISTORY, QUESTION, STEP, observation("first")]
    assert fit(messages, size(messages)) == messages


def test_earlier_turns_go_first_the_oldest_before_the_newer() -> None:
    messages = [SYSTEM, *HISTORY, QUESTION, STEP, observation("first")]
    assert fit(messages, size(messages) - 1) == [SYSTEM, HISTORY[1], QUESTION, STEP, observation("first")]


def test_nothing_goes_that_just_has_room() -> None:
    shorter = [SYSTEM, HISTORY[1], QUESTION, STEP, observation("first")]
    assert fit([SYSTEM, *HISTORY, *shorter[2:]], size(shorter)) == shorter
    shorter = [SYSTEM, QUESTION, STEP, message("user", LEFT_OUT), STEP, observation("second"), STEP]
    messages = [*shorter, observation("third")]
    whole = [*messages[:3], observation("first"), *messages[4:]]
    assert fit(whole, size(messages)) == messages


def test_a_prompt_that_holds_no_question_keeps_its_first_and_last_message() -> None:
    assert fit([SYSTEM, HISTORY[1], STEP], 10) == [SYSTEM, STEP]


def test_then_the_oldest_observation_is_left_out_visibly() -> None:
    messages = [SYSTEM, *HISTORY, QUESTION, STEP, observation("first"), STEP, observation("second")]
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
    fitted = fit([SYSTEM, *HISTORY, QUESTION], 10)
    assert fitted == [SYSTEM, QUESTION]


def test_a_complaint_of_the_agent_is_not_taken_for_the_question() -> None:
    rules = "The output should be in one of the following formats:"
    complaint = message("user", f"Error while parsing the output: no label\n\n{rules}")
    messages = [SYSTEM, *HISTORY, QUESTION, message("assistant", "Thought: x"), complaint]
    assert contents(fit(messages, 10))[:2] == [SYSTEM.content, QUESTION.content]
