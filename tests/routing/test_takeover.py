"""What stands of a reply that broke off, and how the next backend's reply joins it."""

import pytest

from docmind.agents.prompt import is_written_by_agent
from docmind.agents.routing.fit import fit
from docmind.agents.routing.takeover import Begun, Continuation, TakenOver, begun
from fakes.routed import LOOKED_UP, QUESTION, TOOLS

ANSWER = "The pump is blue and was built in 1998 [1]."
REPLY = f"Thought: I can answer now.\nAnswer: {ANSWER}"
SEARCH = 'Thought: I look once more.\nAction: search_documents\nAction Input: {"query": "blue pump"}'


def broken(reply: str = REPLY) -> Begun:
    """The reply that broke off in the word "built"."""
    found = begun(reply[: reply.index("built") + 2], LOOKED_UP, TOOLS)
    assert found
    return found


def test_an_answer_stands_up_to_its_last_whole_word_with_its_labels() -> None:
    found = begun("Thought: I can answer now.\nAnswer: The pump is blu", LOOKED_UP, TOOLS)
    assert found
    assert found.step == "Thought: I can answer now.\nAnswer: The pump is"
    assert found.answer == ("The pump is", " ")
    assert not found.may_end_here


@pytest.mark.parametrize(
    "reply", [SEARCH, f"I need more.\n{SEARCH}", f"<b>{SEARCH}", f"Okay: 1) pumps, 2) valves.\n{SEARCH}"]
)
def test_a_step_that_calls_a_tool_never_stands_wherever_it_broke_off(reply: str) -> None:
    for end in range(len(reply) + 1):
        assert begun(reply[:end], LOOKED_UP, TOOLS) is None, reply[:end]


def test_a_text_without_label_stands_when_it_cites_a_passage() -> None:
    assert begun("I think that the pump may be blue and ol", LOOKED_UP, TOOLS) is None
    found = begun("The pump is blue [1] and ol", LOOKED_UP, TOOLS)
    assert found
    assert found.step == "The pump is blue [1] and"


def test_an_answer_before_any_look_up_is_none() -> None:
    assert begun(REPLY[:-5], QUESTION, TOOLS) is None


def test_an_answer_that_has_hardly_begun_is_begun_anew() -> None:
    assert begun("Thought: I know.\nAnswer: The pump i", LOOKED_UP, TOOLS) is None


def test_a_backend_that_takes_a_prefix_gets_it_as_the_last_message_and_another_one_a_request_in_words() -> None:
    messages = broken().messages(LOOKED_UP, asked=False)
    assert messages[:-1] == LOOKED_UP
    assert (messages[-1].role, messages[-1].content) == ("assistant", broken().step)
    *same, request = broken().messages(LOOKED_UP, asked=True)
    assert same == messages
    assert request.role == "user"
    assert "\nThe pump is blue and was\n" in str(request.content)
    assert is_written_by_agent(str(request.content)), "it would be taken for the question"


def test_a_long_answer_is_quoted_by_its_end_only() -> None:
    long = begun("Answer: " + "word " * 500 + "end of it", LOOKED_UP, TOOLS)
    assert long
    request = long.messages(LOOKED_UP, asked=True)[-1]
    assert len(str(request.content)) < 500
    assert "word end of\n" in str(request.content)


def test_a_prompt_that_must_be_cut_keeps_the_question_and_the_beginning_of_the_answer() -> None:
    for asked in (False, True):
        messages = broken().messages(LOOKED_UP, asked=asked)
        fitted = fit(messages, 10)
        assert fitted[1] == QUESTION[1]
        assert messages[4:] == fitted[4:]


def joined(begun: Begun, reply: str, *, asked: bool, size: int = 5) -> str:
    """The whole reply, after everything that was taken back."""
    text, joining = begun.step, Continuation(begun, TOOLS, asked=asked)
    pieces = [piece for start in range(0, len(reply), size) for piece in joining.feed(reply[start : start + size])]
    for piece in [*pieces, *joining.close()]:
        text = piece.kept if isinstance(piece, TakenOver) else text + piece
    assert joining.added == (text != begun.step)
    return text


@pytest.mark.parametrize("size", [1, 5, 500])
@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize(
    "reply",
    [
        " built in 1998 [1].",
        "built in 1998 [1].",
        ANSWER,
        f"Answer: {ANSWER}",
        REPLY,
        "Answer: built in 1998 [1].",
        "... blue and was built in 1998 [1].",
        "Thought: I go on.\nAnswer: built in 1998 [1].",
    ],
)
def test_whatever_a_backend_repeats_the_answer_is_whole(reply: str, asked: bool, size: int) -> None:
    if reply.startswith(("...", "Answer: built", "Thought: I go on")) and not asked:
        return  # with a prefix a label begins another answer, and an ellipsis is text
    assert joined(broken(), reply, asked=asked, size=size) == REPLY


@pytest.mark.parametrize("size", [1, 5, 500])
@pytest.mark.parametrize("asked", [False, True])
def test_a_tool_call_in_place_of_the_rest_is_a_step_of_its_own(asked: bool, size: int) -> None:
    for call in (SEARCH, '{"name": "search_documents", "arguments": {"query": "pump"}}'):
        assert joined(broken(), call, asked=asked, size=size) == call


def test_prose_before_a_tool_call_is_taken_back() -> None:
    reply = f"I have to look again.\n{SEARCH}"
    assert joined(broken(), reply, asked=True) == reply


def test_prose_before_the_rest_of_the_answer_is_taken_back() -> None:
    for prose in ("Sure, here is the rest of it.", "OK."):
        assert joined(broken(), f"{prose}\nAnswer: built in 1998 [1].", asked=True) == REPLY


def test_space_before_the_rest_of_the_answer_is_seen_in_whatever_pieces_it_comes() -> None:
    for reply in ("\n\n built in 1998 [1].", " \n built in 1998 [1]."):
        assert {joined(broken(), reply, asked=True, size=size) for size in (1, 2, 3, 500)} == {REPLY}


def test_what_was_taken_back_was_not_added() -> None:
    joining = Continuation(broken(), TOOLS, asked=True)
    assert [*joining.feed("First of all I have to look at the passages once more, and then at the rest of them.")]
    assert joining.added
    *_, taken = [*joining.feed("\nThought: there is nothing to add."), *joining.close()]
    assert taken == TakenOver(None, broken().step)
    assert not joining.added


def test_another_answer_takes_the_place_of_the_beginning() -> None:
    other = "Thought: I know it.\nAnswer: According to the manual [1] it is blue."
    assert joined(broken(), other, asked=True) == joined(broken(), other, asked=False) == other
    plain = "The pump is blue. It was built in 1998 [1]."
    assert joined(broken(), plain, asked=True) == plain


def test_the_beginning_is_taken_back_once() -> None:
    joining = Continuation(broken(), TOOLS, asked=True)
    other = "Thought: I know it.\nAnswer: According to the manual [1] it is blue."
    assert [*joining.feed(other), *joining.close()] == [TakenOver(None, ""), other]


def test_after_a_prefix_nothing_is_a_label_any_more() -> None:
    reply = " built.\nThought: that is all.\nAnswer: yes"
    assert joined(broken(), reply, asked=False) == broken().step + reply


def test_a_reply_without_an_answer_adds_nothing() -> None:
    assert joined(broken(), "Thought: I wonder what to say.", asked=True) == broken().step
    assert joined(broken(), "", asked=False) == broken().step
    assert joined(broken(), "a", asked=False) == broken().step + " a"
