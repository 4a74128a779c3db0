"""A backend dies in mid-answer: how the route goes on with the next one."""

from typing import Any

import pytest

from docmind.agents.backends.base import Delta
from docmind.agents.errors import Code
from docmind.agents.settings import AgentSettings
from fakes import FakeServer, Fault, Reply
from fakes.routed import LOOKED_UP, candidates, step

REPLY = "Thought: I can answer now.\nAnswer: The pump is blue and was built in 1998 [1]."
SEARCH = 'Thought: I look once more.\nAction: search_documents\nAction Input: {"query": "blue pump"}'
Messages = list[dict[str, Any]]


def dying(after: int, reply: str = REPLY, kind: Any = "fin") -> FakeServer:
    return FakeServer([reply], fault=Fault(kind, after=after), flavour="plain")


def goes_on(messages: Messages) -> str:
    """The rest of the reply where it is asked for in words; else all of it, of which a prefix is taken away."""
    said = str(messages[-1]["content"]).partition("cut off.")[2].partition("\n")[2].partition("\n\n")[0]
    return REPLY[REPLY.index(said) + len(said) :].lstrip() if said else REPLY


def in_words(script: Any = goes_on, **more: Any) -> FakeServer:
    """A server of which nothing is known, so that it is asked in words."""
    return FakeServer([script] if isinstance(script, str) else script, flavour="plain", **more)


def roles(server: FakeServer, call: int = 0) -> list[str]:
    return [message["role"] for message in server.chats[call].body["messages"]][-2:]


@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize("kind", ["reset", "fin", "eof", "error"])
async def test_the_next_backend_goes_on_after_the_last_whole_word(prefix: bool, kind: str) -> None:
    other = FakeServer(goes_on) if prefix else in_words()
    async with dying(11, kind=kind) as first, other as second, candidates(first, second) as chain:
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    assert [profile for profile, _ in done.tried] == ["first", "second"]
    assert done.switches[0].continues
    assert [call.phase for call in done.calls] == ["step", "continuation"]
    assert roles(second) == (["user", "assistant"] if prefix else ["assistant", "user"])


async def test_the_usage_holds_both_parts_of_an_answer_and_says_that_one_is_estimated() -> None:
    async with dying(11) as first, FakeServer(goes_on) as second, candidates(first, second) as chain:
        done = await step(chain, LOOKED_UP)
    broken, rest = done.calls
    assert (broken.estimated, rest.estimated, done.usage.estimated) == (True, False, True)
    assert broken.completion_tokens > 0
    assert done.usage.completion_tokens == broken.completion_tokens + rest.completion_tokens
    assert done.usage.prompt_tokens == broken.prompt_tokens + rest.prompt_tokens


async def test_a_server_that_refuses_a_call_adds_nothing_to_the_usage() -> None:
    refusal = Fault("status", status=500)
    async with FakeServer(fault=refusal) as first, FakeServer([REPLY]) as second, candidates(first, second) as chain:
        done = await step(chain, LOOKED_UP)
    assert done.usage.prompt_tokens == done.calls[-1].prompt_tokens
    assert not done.usage.estimated


async def test_the_answer_may_be_taken_over_more_than_once() -> None:
    async with (
        dying(9) as first,
        in_words(fault=Fault("fin", after=2)) as second,
        FakeServer(goes_on) as third,
        candidates(first, second, third) as chain,
    ):
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    assert [switch.new for switch in done.switches] == ["second", "third"]


async def test_backends_that_fail_before_they_go_on_take_nothing_away() -> None:
    async with (
        dying(11) as first,
        FakeServer(fault=Fault("refuse")) as second,
        FakeServer(goes_on) as third,
        candidates(first, second, third) as chain,
    ):
        chain[1].breaker.failed(failed := (await step(chain[1:2])).error or AssertionError())  # type: ignore[arg-type]
        assert failed
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    assert [switch.continues for switch in done.switches] == [True, True]
    assert done.switches[1].reason.count("left alone for") == 1


async def test_one_that_answers_whole_says_before_its_text_that_it_will() -> None:
    server = in_words(fault=Fault("nostream"))
    async with dying(11) as first, server as second, candidates(first, second) as chain:
        await step(chain[1:])  # refuses to stream: from now on it is known that it does not
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    whole = [item.text for item in done.items if isinstance(item, Delta) and item.whole]
    assert whole[0] == ""
    assert all(whole[1:])


async def test_one_that_refuses_the_prefix_is_asked_in_words() -> None:
    async with (
        dying(11) as first,
        FakeServer(goes_on, continues="refuses") as second,
        candidates(first, second) as chain,
    ):
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    assert (roles(second, 0), roles(second, 1)) == (["user", "assistant"], ["assistant", "user"])
    assert len(done.switches) == 1


@pytest.mark.parametrize("way", ["repeats", "restarts"])
async def test_what_one_repeats_that_should_have_gone_on_is_not_doubled(way: Any) -> None:
    async with dying(11) as first, FakeServer(goes_on, continues=way) as second, candidates(first, second) as chain:
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    assert roles(second) == ["user", "assistant"]


async def test_one_that_refuses_both_is_left() -> None:
    refusal = Fault("status", status=400)
    async with (
        dying(11) as first,
        FakeServer(fault=refusal) as second,
        FakeServer(goes_on) as third,
        candidates(first, second, third) as chain,
    ):
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    assert [profile for profile, _ in done.tried] == ["first", "second", "third"]
    assert len(second.chats) == 2


async def test_one_that_only_repeats_what_is_there_is_left() -> None:
    async with (
        dying(11) as first,
        in_words("The pump is blue") as second,
        FakeServer(goes_on) as third,
        candidates(first, second, third) as chain,
    ):
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    assert done.tried[1] == ("second", Code.INVALID_RESPONSE)
    assert "did not go on" in done.attempts[1].reason
    assert done.switches[1].hint.startswith("Use another profile")


async def test_a_rest_of_one_word_is_not_lost() -> None:
    async with dying(15) as first, in_words("1998") as second, candidates(first, second) as chain:
        done = await step(chain, LOOKED_UP)
    assert done.text.endswith("and was built in 1998")


async def test_one_that_starts_over_with_other_words_is_heard_from_its_beginning() -> None:
    other = "Thought: I know.\nAnswer: It says that the pump is blue [1]."
    async with dying(11) as first, in_words(other) as second, candidates(first, second) as chain:
        done = await step(chain, LOOKED_UP)
    assert done.text == other


@pytest.mark.parametrize("fault", [None, Fault("empty")], ids=["nothing more", "empty"])
async def test_an_answer_that_was_complete_needs_nothing_more(fault: Fault | None) -> None:
    answer = "这个水泵是蓝色的，于一九九八年制造。"
    reply = f"Answer: {answer}"
    async with (
        dying(2, f"{reply} end", kind="eof") as first,
        in_words(answer, fault=fault) as second,
        candidates(first, second) as chain,
    ):
        done = await step(chain, LOOKED_UP)
    assert done.text == reply
    assert [profile for profile, _ in done.tried] == ["first", "second"]
    assert done.error is None


async def test_a_step_that_broke_off_in_its_action_is_done_again_from_its_beginning() -> None:
    for after in range(1, len(SEARCH.split())):
        async with dying(after, SEARCH) as first, FakeServer([SEARCH]) as second, candidates(first, second) as chain:
            done = await step(chain, LOOKED_UP)
        assert done.text == SEARCH
        assert not done.switches[0].continues
        assert roles(second) == ["assistant", "user"]


LOOP = " ".join([REPLY, *["again"] * 10_000])


async def test_an_answer_that_never_ends_is_begun_anew_by_the_next_backend() -> None:
    async with in_words(LOOP) as first, FakeServer(goes_on) as second, candidates(first, second) as chain:
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    assert done.tried == [("first", Code.INVALID_RESPONSE), ("second", "")]
    assert not done.switches[0].continues
    assert roles(second) == ["assistant", "user"]


async def test_one_that_never_ends_takes_nothing_away_from_what_was_said_before_it() -> None:
    async with (
        dying(11) as first,
        in_words(LOOP) as second,
        FakeServer(goes_on) as third,
        candidates(first, second, third) as chain,
    ):
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    assert [switch.continues for switch in done.switches] == [True, True]
    assert roles(third) == ["user", "assistant"]


async def test_thinking_of_the_next_backend_comes_apart_from_the_answer() -> None:
    def thinks(messages: Messages) -> Reply:
        return Reply(goes_on(messages), thinking="Let me see.")

    async with dying(11) as first, in_words(thinks) as second, candidates(first, second) as chain:
        done = await step(chain, LOOKED_UP)
    assert done.text == REPLY
    assert "".join(getattr(item, "thinking", "") for item in done.items) == "Let me see."


async def test_quotes_finishes_in_the_documents_own_words() -> None:
    async with dying(11) as first, candidates(first) as chain:
        done = await step(chain, LOOKED_UP)
    begun, _, rest = done.text.partition(" …\n\n")
    assert REPLY.startswith(begun)
    assert rest == "The documents say:\n\n“The pump is blue.” [1]"


async def test_at_the_deadline_quotes_finishes_the_answer_too() -> None:
    async with FakeServer([REPLY + " word" * 500], gap=0.02) as slow, candidates(slow) as chain:
        done = await step(chain, LOOKED_UP, AgentSettings(deadline=0.5))
    assert done.text.startswith("Thought: I can answer now.\nAnswer: The pump is blue and")
    assert done.text.endswith("“The pump is blue.” [1]")
    assert done.tried == [("first", Code.DEADLINE), ("quotes", "")]


async def test_a_model_is_asked_once_more_and_no_oftener() -> None:
    async with in_words(fault=Fault("fin", after=1)) as only, candidates(only) as chain:
        done = await step(chain[:1], LOOKED_UP)
    assert len(only.chats) == 2
    assert done.error
    assert done.error.code == Code.ALL_FAILED
