"""The seam between two backends' parts of an answer: nothing is repeated, nothing is lost, wherever it is cut."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docmind.agents.routing.seam import Beginning, Seam, beginning, ends_sentence, words

ANSWER = (
    "The pump moved upstream of the exchanger [1], and the flow limit rose from 12 to 18 l/min [2].\n\n"
    "Two valves were removed because the new pump regulates itself:\n\n"
    "- the inlet valve, which had leaked in 1998;\n"
    "- the outlet valve of revision B [3].\n\n"
    "Nothing else has changed."
)
CHINESE = "水泵移到了热交换器的上游，流量限制从十二升到十八升。两个阀门被拆除，因为新的水泵会自行调节。"


def cuts(text: str) -> list[int]:
    """Where the third word ends, and every later place."""
    return [at for at in range(len(text) + 1) if words(beginning(text[:at]).text) >= 3]


def tokens(text: str, size: int = 7) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def join(begun: Beginning, reply: Sequence[str], asked: bool = False, labelled: bool = False) -> str | None:
    """The whole answer; None when the reply starts over."""
    seam = Seam(begun, asked=asked, labelled=labelled)
    rest = "".join([*map(seam.feed, reply), seam.close()])
    assert not (seam.anew and rest)
    return None if seam.anew else begun.text + rest


def plain(text: str) -> list[str]:
    """Its words: how white space is written between them may change at a seam."""
    return text.split()


def test_only_whole_words_of_a_text_that_broke_off_stand() -> None:
    assert beginning("The pump is bl") == ("The pump is", " ")
    assert beginning("The pump is blue. ") == ("The pump is blue.", " ")
    assert beginning("It is:\n\n- a") == ("It is:\n\n-", " ")
    assert beginning("It is:\n\n") == ("It is:", "\n\n")
    assert beginning("水泵是蓝色的。新") == ("水泵是蓝色的。新", "")
    assert beginning("blue") == ("", "")


def test_a_sentence_ends_with_its_sign_whatever_closes_after_it() -> None:
    for text in ("It is blue.", "Is it?", 'He said "blue."', "It is (blue!)", "它是蓝色的。", "**Blue.**"):
        assert ends_sentence(text)
    for text in ("It is blue", "It is blue [1]", "It is:", "a, b,"):
        assert not ends_sentence(text)


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize("text", [ANSWER, CHINESE], ids=["English", "Chinese"])
def test_a_server_that_goes_on_is_joined_as_it_is(text: str, size: int) -> None:
    for cut in cuts(text):
        begun = beginning(text[:cut])
        assert join(begun, tokens(text[len(begun.text) :], size)) == text


@pytest.mark.parametrize("asked", [False, True])
def test_a_server_that_swallows_the_space_is_joined_with_it(asked: bool) -> None:
    for cut in cuts(ANSWER):
        begun = beginning(ANSWER[:cut])
        rest = ANSWER[len(begun.text) :].lstrip()
        assert join(begun, tokens(rest), asked=asked) == begun.text + begun.gap * bool(rest) + rest


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("text", [ANSWER, CHINESE], ids=["English", "Chinese"])
def test_a_server_that_repeats_the_whole_beginning_is_heard_from_its_end_on(text: str, asked: bool, size: int) -> None:
    for cut in cuts(text):
        assert join(beginning(text[:cut]), tokens(text, size), asked=asked) == text


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("before", ["", " ", "... ", "… "])
def test_a_server_that_repeats_its_last_words_does_not_say_them_twice(asked: bool, before: str) -> None:
    for cut in cuts(ANSWER):
        begun = beginning(ANSWER[:cut])
        for repeated in (1, 3, 5, 9) if asked else (3, 5, 9):
            if before and not asked:
                continue  # the next token of a text begins with white space, a repetition does not
            again = begun.text.split()[-repeated:]
            reply = before + " ".join(again) + ANSWER[len(begun.text) :]
            joined = join(begun, tokens(reply), asked=asked)
            assert joined is not None
            assert plain(joined) == plain(ANSWER), (cut, repeated)


def test_a_repetition_in_other_capitals_or_with_another_sign_behind_it_is_one() -> None:
    begun = Beginning("The valves leaked and the pump", " ")
    assert join(begun, ["And the pump, which was old, broke."], asked=True) == f"{begun.text}, which was old, broke."
    assert join(begun, ["AND THE PUMP broke."], asked=True) == f"{begun.text} broke."
    for other in ("the pumps broke.", "the pumps, too, broke."):
        assert join(begun, [other], asked=True) == f"{begun.text} {other}"


def test_what_a_server_that_goes_on_says_twice_is_meant() -> None:
    code = Beginning("```\nset flow 18", "\n")
    assert join(code, ["\nset flow 18\n```"], asked=True) == "```\nset flow 18\nset flow 18\n```"
    begun = Beginning("| no | no | no |\n| no | no | no |", "\n")
    assert join(begun, ["\n| no | no | no |", "\n"]) == f"{begun.text}\n| no | no | no |\n"
    assert join(Beginning("It is very", " "), [" very", " good."]) == "It is very very good."


def test_a_server_that_goes_on_with_white_space_may_say_again_what_was_said() -> None:
    begun = Beginning("They sang: row, row, row", " ")
    assert join(begun, [" row, row, row", " your boat."]) == f"{begun.text} row, row, row your boat."


def test_a_text_that_goes_on_is_given_as_it_comes() -> None:
    for asked, first in ((False, " a"), (False, " built"), (True, "built in")):
        seam = Seam(Beginning("The pump is blue and was", " "), asked=asked, labelled=False)
        assert seam.feed(first).strip() == first.strip()
        assert [seam.feed(" in"), seam.feed(" 1998"), seam.close()] == [" in", " 1998", ""]


def test_an_ellipsis_before_the_rest_is_none_of_it_in_whatever_pieces_it_comes() -> None:
    begun = Beginning("It says:", "\n\n")
    for reply in (["... blue."], ["...", " blue."], ["..", ". blue."], ["…", " blue."], [".", ".", ".", " ", "blue."]):
        assert join(begun, reply, asked=True) == "It says:\n\nblue."


def test_a_reply_that_begins_as_the_answer_did_and_then_differs_starts_over() -> None:
    begun = Beginning("The new pump is blue and was", " ")
    assert join(begun, tokens("The new pump is blue. It was built in 1998.", 1), asked=True) is None
    assert join(begun, ["The new pump regulates itself."]) is None


def test_a_new_sentence_may_begin_as_the_answer_did() -> None:
    begun = Beginning("The new pump is blue.", " ")
    rest = "The new pump is also quiet."
    assert join(begun, tokens(rest), asked=True) == f"{begun.text} {rest}"
    assert join(begun, [f" {rest}"]) == f"{begun.text} {rest}"


@pytest.mark.parametrize(
    ("begun", "asked", "reply", "anew"),
    [
        ("The pump is blue and", False, "According to the manual it is blue.", True),
        ("The pump is blue and", True, "According to the manual it is blue.", True),
        ("The pump is blue and", True, "quiet.", False),
        ("The pump is blue.", True, "It is quiet, too.", False),
    ],
)
def test_an_answer_with_a_label_starts_over_unless_it_fits(begun: str, asked: bool, reply: str, anew: bool) -> None:
    assert (join(Beginning(begun, " "), [reply], asked=asked, labelled=True) is None) == anew


def test_a_reply_that_only_repeats_adds_nothing() -> None:
    begun = Beginning("The pump is blue and was built", " ")
    for reply in ("The pump is blue and was built", "blue and was built", "pump is blue and", ""):
        assert join(begun, [reply]) == begun.text
    assert join(begun, ["1998"]) == f"{begun.text} 1998"


def test_signs_that_close_need_no_space() -> None:
    begun = Beginning("The pump (which is blue", " ")
    assert join(begun, ["), works."]) == "The pump (which is blue), works."


WORDS = st.text(st.sampled_from("abcdefghijklmnop"), min_size=3, max_size=8)
TEXTS = st.lists(WORDS, min_size=8, max_size=40, unique=True)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(TEXTS, st.data())
def test_whatever_is_repeated_nothing_is_doubled_or_lost(text: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(3, len(text) - 1), "words that stand")
    repeated = data.draw(st.sampled_from([0, *range(3, cut + 1)]), "words that are repeated")
    size = data.draw(st.integers(1, 12), "characters of a token")
    asked = data.draw(st.booleans(), "asked")
    begun = Beginning(" ".join(text[:cut]), " ")
    reply = " ".join(text[cut - repeated :])
    joined = join(begun, tokens(reply if repeated or asked else " " + reply, size), asked=asked)
    assert joined == " ".join(text)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.text("ab .水", min_size=6, max_size=30), st.text("ab .水", max_size=30), st.booleans(), st.integers(1, 9))
def test_how_a_reply_is_cut_into_tokens_does_not_matter(text: str, reply: str, asked: bool, size: int) -> None:
    begun = beginning(text)
    if words(begun.text) >= 1:
        assert join(begun, tokens(reply, size), asked=asked) == join(begun, [reply], asked=asked)


def test_a_block_of_code_that_is_open_is_not_opened_again() -> None:
    code, rest = "Run this:\n\n```python\nif hot:\n    stop()\n", "    wait()\n```\n\nThen start it."
    for size, again in itertools.product((1, 7, 1000), ("", "    stop()\n")):
        reply = f"```python\n{again}{rest}"
        assert join(beginning(code + "    w"), tokens(reply, size), asked=True) == code + rest


def test_a_fence_without_a_language_closes_a_block_of_code() -> None:
    begun = Beginning("Run this:\n\n```\nset flow", "\n")
    assert join(begun, ["```", "\nThen wait."], asked=True) == f"{begun.text}\n```\nThen wait."
    assert join(begun, ["```"], asked=True) == f"{begun.text}\n```"


@pytest.mark.parametrize("size", [1, 1000])
def test_the_sign_that_begins_a_new_row_repeats_nothing(size: int) -> None:
    head = Beginning("| part | state |", "\n")
    for rest in ("|---|---|\n| pump | new |", "| pump | new |"):
        assert join(head, tokens(rest, size), asked=True) == f"{head.text}\n{rest}"
    assert join(Beginning("| part |", " "), tokens("| state |", size), asked=True) == "| part | state |"


def test_the_words_of_korean_keep_their_spaces() -> None:
    text = "펌프는 개정판 C에서 열교환기 상류로 이동했습니다 [1]. 설명서에는 더 이상의 내용이 없습니다."
    for cut in cuts(text):
        begun = beginning(text[:cut])
        assert join(begun, tokens(text[len(begun.text) :].lstrip(), 2), asked=True) == text
