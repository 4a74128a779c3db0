"""The backend without a model speaks ReAct and quotes what stands in the passages."""

import re
from collections.abc import Sequence

from llama_index.core.llms import ChatMessage

from docmind.agents.backends.base import open_backend
from docmind.agents.backends.quotes import NOTHING, Quotes, choose
from docmind.agents.errors import Code, DocmindError
from docmind.agents.passages import render
from docmind.agents.records import Passage
from docmind.agents.settings import Profile

PUMP = Passage(
    n=1,
    path="manual.pdf",
    page=12,
    text="The cooling loop was\nredrawn. In revision C the pump moved upstream of the exchanger. The flow limit is 18.",
)
CAKE = Passage(n=2, path="cake.txt", lines=(1, 2), text="Beat three eggs with sugar.\nBake the cake for 40 minutes.")
QUESTION = ChatMessage(role="user", content="Where did the pump move in revision C?")
SEARCHED = ChatMessage(role="assistant", content="Thought: x\nAction: search_documents\nAction Input: {}")


def backend() -> Quotes:
    made = open_backend("quotes", Profile(kind="quotes"))
    assert isinstance(made, Quotes)
    return made


def observed(*passages: Passage) -> ChatMessage:
    return ChatMessage(role="user", content=f"Observation: {render(passages)}")


async def spoken(*messages: ChatMessage) -> str:
    return "".join([delta.text async for delta in backend().stream(messages)])


async def test_it_is_always_ready_and_has_one_model() -> None:
    assert (await backend().health()).state == "ready"
    assert await backend().models() == ["quotes"] == [await backend().model()]
    assert await backend().context() >= 8192


async def test_it_first_searches_for_the_question_as_it_stands() -> None:
    said = await spoken(ChatMessage(role="system", content="You are docmind."), QUESTION)
    assert said.startswith("Thought: ")
    assert said.endswith(f'\nAction: search_documents\nAction Input: {{"query": "{QUESTION.content}"}}')


async def test_it_answers_with_the_exact_words_and_their_number() -> None:
    said = await spoken(QUESTION, SEARCHED, observed(CAKE, PUMP))
    quotes = re.findall(r"“(.+?)” \[(\d)\]", said.partition("\nAnswer: ")[2])
    assert "the pump moved upstream of the exchanger." in quotes[0][0]
    assert quotes[0][1] == "1"
    assert all(words in " ".join((PUMP, CAKE)[int(n) - 1].text.split()) for words, n in quotes)


async def test_it_says_so_when_nothing_was_found() -> None:
    said = await spoken(QUESTION, SEARCHED, observed())
    assert said.endswith(f"\nAnswer: {NOTHING}")


async def test_passages_about_something_else_are_no_answer() -> None:
    assert (await spoken(QUESTION, SEARCHED, observed(CAKE))).endswith(NOTHING)


async def test_it_takes_over_a_run_that_another_model_began() -> None:
    listing = ChatMessage(role="user", content="Observation: manual.pdf\ncake.txt")
    listed = ChatMessage(role="assistant", content="Thought: x\nAction: list_documents\nAction Input: {}")
    rules = "The output should be in one of the following formats:\n1. To call a tool: ..."
    complaint = ChatMessage(role="user", content=f"Error while parsing the output: no label\n\n{rules}")
    assert "Action: search_documents" in await spoken(QUESTION, listed, listing, complaint)
    assert "upstream" in await spoken(QUESTION, listed, listing, complaint, SEARCHED, observed(PUMP))


async def test_passages_of_an_earlier_question_are_not_quoted() -> None:
    later = ChatMessage(role="user", content="And where is the pump?")
    assert "Action: search_documents" in await spoken(QUESTION, SEARCHED, observed(PUMP), later)


async def test_a_stream_of_words_ends_with_estimated_usage() -> None:
    deltas = [delta async for delta in backend().stream([QUESTION, SEARCHED, observed(PUMP)])]
    assert len(deltas) > 10
    assert max(len(delta.text.split()) for delta in deltas) == 1
    usage = deltas[-1].usage
    assert usage
    assert usage.estimated
    assert usage.prompt_tokens > usage.completion_tokens > 0
    assert all(delta.usage is None for delta in deltas[:-1])


async def test_a_passage_that_was_shown_twice_or_copied_is_quoted_once() -> None:
    copy = Passage(n=3, path="copy.pdf", text=PUMP.text)
    said = await spoken(QUESTION, SEARCHED, observed(PUMP, copy), SEARCHED, observed(PUMP))
    assert said.count("moved upstream of the exchanger") == 1


async def test_a_code_block_that_broke_off_is_closed_before_the_quotations() -> None:
    begun = ChatMessage(role="assistant", content="Thought: x\nAnswer: Run this:\n\n```sh\nset flow")
    said = await spoken(QUESTION, SEARCHED, observed(PUMP), begun)
    assert said.startswith(" …\n```\n\nThe documents say:")


async def test_a_question_without_content_words_finds_nothing() -> None:
    vague = ChatMessage(role="user", content="Who are you, and what can you do?")
    assert (await spoken(vague, SEARCHED, observed(PUMP, CAKE))).endswith(NOTHING)


async def test_it_answers_even_when_the_index_has_gone() -> None:
    def gone(stems: Sequence[str]) -> dict[str, float]:
        raise DocmindError(Code.NO_DOCUMENTS, "These folders are not indexed.")

    robust = Quotes("quotes", Profile(kind="quotes"), rarity=gone)
    said = "".join([delta.text async for delta in robust.stream([QUESTION, SEARCHED, observed(CAKE, PUMP)])])
    assert "upstream of the exchanger.” [1]" in said


async def test_quotes_off_the_subject_are_left_out() -> None:
    said = await spoken(QUESTION, SEARCHED, observed(PUMP, CAKE))
    assert "Bake" not in said


async def test_the_stems_rarity_is_asked_for_are_those_of_the_question() -> None:
    asked: list[str] = []

    def rarity(stems: Sequence[str]) -> dict[str, float]:
        asked.extend(stems)
        return dict.fromkeys(stems, 1.0)

    async for _ in Quotes("quotes", Profile(kind="quotes"), rarity=rarity).stream([QUESTION, SEARCHED, observed(PUMP)]):
        pass
    assert asked == ["c", "move", "pump", "revis"]


def test_a_heading_is_not_quoted_but_tells_what_the_text_is_about() -> None:
    text = "## Compressor\n\nIt is inspected every 400 hours.\n\n## Valves\n\nThey are red."
    passage = Passage(path="manual.md", text=text, heading="Manual > Compressor", n=1)
    (best, *_) = choose("When is the compressor inspected?", [passage])
    assert best.text == "It is inspected every 400 hours."


async def test_a_question_may_begin_like_a_complaint_of_the_agent() -> None:
    question = ChatMessage(role="user", content="Error while parsing the output of the pump: what colour?")
    assert "what colour?" in await spoken(question)
